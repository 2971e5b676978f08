#include <gtest/gtest.h>
#include <holdfast/fence_test_actor.h>

#include <cerrno>

namespace holdfast {
namespace {

const std::error_code kNone;

TEST(Fence, BeginsWithNothing) {
  FenceWorld world;
  FenceActor reader(world);
  EXPECT_EQ(reader.read(), "nothing");
  EXPECT_EQ(reader.token(), 0u);
  EXPECT_TRUE(world.blobs().empty());
}

TEST(Fence, ShowsWhatWasPublished) {
  FenceWorld world;
  FenceActor holder(world), reader(world);
  EXPECT_EQ(holder.raise(41), kNone);
  EXPECT_EQ(reader.read(), "nothing");
  EXPECT_EQ(holder.publish(41, "one"), kNone);
  EXPECT_EQ(reader.read(), "one");
  EXPECT_EQ(holder.publish(41, ""), kNone);
  EXPECT_EQ(reader.read(), "");
  EXPECT_EQ(holder.publish(41, std::string(100000, 'x')), kNone);
  const Fence::Contents contents = reader.fence.read();
  EXPECT_EQ(contents.token, 41u);
  EXPECT_EQ(contents.version, 3u);
  EXPECT_TRUE(contents.published);
  EXPECT_EQ(contents.data, std::string(100000, 'x'));
}

TEST(Fence, ARaiseCarriesTheContentsOn) {
  FenceWorld world;
  FenceActor first(world), second(world), reader(world);
  ASSERT_EQ(first.raise(41), kNone);
  ASSERT_EQ(first.publish(41, "one"), kNone);
  ASSERT_EQ(second.raise(43), kNone);
  EXPECT_EQ(reader.read(), "one");
  EXPECT_EQ(reader.token(), 43u);
  const Fence::Contents contents = reader.fence.read();
  EXPECT_EQ(contents.token, 43u);
  EXPECT_EQ(contents.version, 0u);
}

// A holder that is paused past its lease, inside its critical section, and wakes.
TEST(Fence, APausedHolderIsRefused) {
  FenceWorld world;
  FenceActor paused(world), next(world), reader(world);
  ASSERT_EQ(paused.raise(41), kNone);
  ASSERT_EQ(next.raise(43), kNone);
  EXPECT_EQ(paused.publish(41, "late"), Errc::stale_token);
  EXPECT_EQ(paused.raise(41), Errc::stale_token);
  EXPECT_EQ(reader.read(), "nothing");
  EXPECT_TRUE(world.blobs().empty()) << "what was refused leaves nothing behind";
}

// Its lease may have run out: until the next one has raised, nothing has happened that it could
// spoil.
TEST(Fence, APublicationBeforeTheNextRaiseIsLawful) {
  FenceWorld world;
  FenceActor late(world), next(world);
  ASSERT_EQ(late.raise(41), kNone);
  EXPECT_EQ(late.publish(41, "late"), kNone);
  ASSERT_EQ(next.raise(43), kNone);
  EXPECT_EQ(next.read(), "late");
}

TEST(Fence, RaisingToTheSameTokenIsNothing) {
  FenceWorld world;
  FenceActor holder(world);
  ASSERT_EQ(holder.raise(41), kNone);
  ASSERT_EQ(holder.publish(41, "one"), kNone);
  EXPECT_EQ(holder.raise(41), kNone);
  EXPECT_EQ(holder.publish(41, "two"), kNone);
  EXPECT_EQ(holder.fence.read().version, 2u);
}

TEST(Fence, OnlyWhoHasRaisedMayPublishOrCollect) {
  FenceWorld world;
  FenceActor holder(world), other(world);
  EXPECT_EQ(holder.publish(41, "x"), Errc::not_held);
  ASSERT_EQ(holder.raise(41), kNone);
  EXPECT_EQ(holder.publish(42, "x"), Errc::not_held);
  EXPECT_EQ(holder.collect(42), Errc::not_held);
  EXPECT_EQ(other.publish(41, "x"), Errc::not_held);
  EXPECT_EQ(holder.raise(0), std::errc::invalid_argument);
}

TEST(Fence, AForkedChildMayNotPublish) {
  FenceWorld world;
  FenceActor holder(world);
  ASSERT_EQ(holder.raise(41), kNone);
  ++holder.host.forks;
  EXPECT_EQ(holder.publish(41, "child"), Errc::not_held);
}

TEST(Fence, TheThrowingFormsNameOperationPathAndCause) {
  FenceWorld world;
  FenceActor first(world), second(world);
  second.fence.raise(43);
  try {
    first.fence.raise(41);
    FAIL() << "a lower token was let through";
  } catch (const Error& error) {
    EXPECT_EQ(error.failure().operation, "raise");
    EXPECT_EQ(error.failure().path, kFence);
    EXPECT_EQ(error.code(), Errc::stale_token);
  }
}

TEST(Fence, TheTokenAndTheCollectionHaveThrowingForms) {
  FenceWorld world;
  FenceActor holder(world);
  EXPECT_EQ(holder.fence.token(), 0u);
  holder.fence.raise(41);
  EXPECT_EQ(holder.fence.token(), 41u);
  holder.fence.publish(41, "one");
  holder.fence.publish(41, "two");
  EXPECT_EQ(holder.fence.collect(41), 1u);
  try {
    holder.fence.collect(42);
    FAIL() << "blobs were collected under a token that was never raised";
  } catch (const Error& error) {
    EXPECT_EQ(error.failure().operation, "collect");
    EXPECT_EQ(error.code(), Errc::not_held);
  }
}

TEST(Fence, NoTokenIsReadFromAValueOfANewerVersion) {
  FenceWorld world;
  ASSERT_EQ(world.disk.make_directory(kFence, 0777), kNone);
  ASSERT_EQ(world.disk.create("/d/fence/value,1,2,3,4", "", 0666), kNone);
  FenceActor actor(world);
  try {
    actor.fence.token();
    FAIL() << "it was taken for a token";
  } catch (const Error& error) {
    EXPECT_EQ(error.failure().operation, "token");
    EXPECT_EQ(error.failure().path, kFence);
    EXPECT_EQ(error.code(), Errc::unsupported);
  }
}

TEST(Fence, AnErrorOfTheSystemNamesTheCallAndItsPath) {
  FenceWorld world;
  FenceActor holder(world);
  ASSERT_EQ(holder.raise(41), kNone);
  holder.files.add({os::testing::Operation::create, os::testing::Effect::refused, ENOSPC});
  try {
    holder.fence.publish(41, "x");
    FAIL() << "a full disk was ignored";
  } catch (const Error& error) {
    EXPECT_EQ(error.failure().operation, "publish: create");
    EXPECT_TRUE(error.failure().path.starts_with(kBlobs)) << error.failure().path;
  }
}

TEST(Fence, RefusesWhatIsNoFence) {
  FenceWorld world;
  FenceActor actor(world);
  ASSERT_EQ(world.disk.create(kFence, "a file", 0666), kNone);
  EXPECT_EQ(actor.raise(41), std::errc::not_a_directory);
  EXPECT_TRUE(actor.read().starts_with("error: ")) << actor.read();
  std::string contents;
  EXPECT_EQ(world.disk.read(kFence, 100, contents), kNone);
  EXPECT_EQ(contents, "a file");
}

TEST(Fence, AValueOfANewerVersionIsLeftAlone) {
  FenceWorld world;
  ASSERT_EQ(world.disk.make_directory(kFence, 0777), kNone);
  ASSERT_EQ(world.disk.create("/d/fence/value,1,2,3,4", "", 0666), kNone);
  FenceActor actor(world);
  EXPECT_EQ(actor.raise(41), Errc::unsupported);
  EXPECT_EQ(actor.read(), "error: " + make_error_code(Errc::unsupported).message());
  EXPECT_TRUE(world.disk.exists("/d/fence/value,1,2,3,4"));
}

TEST(Fence, ALinkInPlaceOfTheBlobsIsNotFollowed) {
  FenceWorld world;
  FenceActor holder(world);
  world.disk.plant("/d/fence.blobs", os::FileType::symlink);
  ASSERT_EQ(holder.raise(41), kNone);
  EXPECT_EQ(holder.publish(41, "x"), std::errc::not_a_directory);
  EXPECT_EQ(holder.read(), "nothing");
}

TEST(Fence, AMissingBlobIsReportedAndNotWaitedForForEver) {
  FenceWorld world;
  FenceActor holder(world), reader(world);
  ASSERT_EQ(holder.raise(41), kNone);
  ASSERT_EQ(holder.publish(41, "one"), kNone);
  ASSERT_EQ(world.disk.unlink(world.blobs().front()), kNone);
  EXPECT_EQ(reader.read(), "error: " + make_error_code(Errc::corrupt).message());
}

// --- collecting

TEST(FenceCollection, LeavesWhatIsCurrentAndNothingElse) {
  FenceWorld world;
  FenceActor first(world), second(world), reader(world);
  ASSERT_EQ(first.raise(41), kNone);
  for (const char* data : {"a", "b", "c"}) ASSERT_EQ(first.publish(41, data), kNone);
  ASSERT_EQ(first.collect(41), kNone);
  EXPECT_EQ(world.blobs().size(), 1u) << "its own superseded ones go";
  ASSERT_EQ(second.raise(43), kNone);
  ASSERT_EQ(second.collect(43), kNone);
  EXPECT_EQ(reader.read(), "c") << "what the raise carries is current";
  ASSERT_EQ(second.publish(43, "d"), kNone);
  ASSERT_EQ(second.collect(43), kNone);
  EXPECT_EQ(world.blobs().size(), 1u);
  EXPECT_EQ(reader.read(), "d");
}

// Paused between its raise and its collection, while others came and went.
TEST(FenceCollection, ALateCollectorNeverDeletesASuccessorsBlob) {
  FenceWorld world;
  FenceActor first(world), late(world), next(world), reader(world);
  ASSERT_EQ(first.raise(41), kNone);
  ASSERT_EQ(first.publish(41, "one"), kNone);
  ASSERT_EQ(late.raise(42), kNone);
  ASSERT_EQ(next.raise(43), kNone);  // carries "one", as `late` did
  ASSERT_EQ(late.collect(42), kNone);
  EXPECT_EQ(reader.read(), "one");
  ASSERT_EQ(next.publish(43, "two"), kNone);
  ASSERT_EQ(late.collect(42), kNone);
  EXPECT_EQ(reader.read(), "two");
  ASSERT_EQ(next.collect(43), kNone);
  EXPECT_EQ(world.blobs().size(), 1u);
}

TEST(FenceCollection, ALateCollectorsOwnPublicationMayBeCarriedOn) {
  FenceWorld world;
  FenceActor late(world), next(world), reader(world);
  ASSERT_EQ(late.raise(42), kNone);
  ASSERT_EQ(late.publish(42, "one"), kNone);
  ASSERT_EQ(next.raise(43), kNone);
  ASSERT_EQ(late.collect(42), kNone);
  EXPECT_EQ(reader.read(), "one");
}

TEST(FenceCollection, AnUncertainPublicationKeepsBothBlobs) {
  FenceWorld world;
  FenceActor first(world), second(world), reader(world);
  ASSERT_EQ(first.raise(41), kNone);
  ASSERT_EQ(first.publish(41, "one"), kNone);
  ASSERT_EQ(second.raise(43), kNone);
  // The rename's reply is lost, and nothing can be looked at afterwards.
  bool sent = false;
  second.files.before = [&](const os::testing::Call& call) {
    using os::testing::Operation;
    const bool publication =
        call.operation == Operation::rename && call.to.find(",43,1,") != call.to.npos;
    if (publication && !sent) {
      sent = true;
      for (std::size_t nth = 1; nth <= 600; ++nth) {
        second.files.add({Operation::list, os::testing::Effect::refused, EIO, nth});
      }
    }
  };
  second.files.add({os::testing::Operation::rename, os::testing::Effect::late, EIO, 1, ",43,1,"});
  EXPECT_EQ(second.publish(43, "two"), Errc::outcome_unknown);
  EXPECT_EQ(world.blobs().size(), 2u);
  FenceActor cleaner(world);  // the same token, as the holder's second process may have
  ASSERT_EQ(cleaner.raise(43), kNone);
  ASSERT_EQ(cleaner.collect(43), kNone);
  EXPECT_EQ(reader.read(), "one");
  second.files.deliver_late();
  EXPECT_EQ(reader.read(), "two");
}

TEST(FenceCollection, WhatWasPublishedInDoubtAfterACertainOneIsKept) {
  using os::testing::Effect;
  using os::testing::Operation;
  for (const bool applied : {false, true}) {  // before the collection, or after it
    FenceWorld world;
    FenceActor holder(world), reader(world);
    ASSERT_EQ(holder.raise(43), kNone);
    ASSERT_EQ(holder.publish(43, "zero"), kNone);
    ASSERT_EQ(holder.publish(43, "one"), kNone);
    bool sent = false;
    holder.files.before = [&](const os::testing::Call& call) {
      if (call.operation != Operation::rename || sent) return;
      sent = true;
      for (std::size_t nth = 1; nth <= 600; ++nth) {
        holder.files.add({Operation::list, Effect::refused, EIO, nth});
      }
    };
    holder.files.add({Operation::rename, Effect::late, EIO, 1, ",43,3,"});
    EXPECT_EQ(holder.publish(43, "two"), Errc::outcome_unknown);
    holder.files.forget_faults();
    if (applied) holder.files.deliver_late();
    ASSERT_EQ(holder.collect(43), kNone);
    EXPECT_EQ(world.blobs().size(), 2u) << "only what is surely superseded goes";
    EXPECT_EQ(reader.read(), applied ? "two" : "one");
    holder.files.deliver_late();
    EXPECT_EQ(reader.read(), "two");
  }
}

TEST(FenceCollection, ForeignNamesStay) {
  FenceWorld world;
  FenceActor holder(world);
  ASSERT_EQ(holder.raise(41), kNone);
  ASSERT_EQ(holder.publish(41, "one"), kNone);
  for (const char* name :
       {"notes", ".nfs0001", "blob,1", "blob,1,xyz", "blob,40,00000000000000000"}) {
    ASSERT_EQ(world.disk.create(std::string(kBlobs) + name, "", 0666), kNone);
  }
  ASSERT_EQ(holder.collect(41), kNone);
  EXPECT_EQ(world.blobs().size(), 6u);
}

TEST(FenceCollection, RemovesWhatACrashedHolderLeft) {
  FenceWorld world;
  FenceActor crashed(world), next(world);
  ASSERT_EQ(crashed.raise(41), kNone);
  crashed.files.add(
      {os::testing::Operation::rename, os::testing::Effect::crash_before, 0, 1, ",41,1,"});
  EXPECT_THROW(static_cast<void>(crashed.publish(41, "lost")), os::testing::Crash);
  EXPECT_EQ(world.blobs().size(), 1u);
  ASSERT_EQ(next.raise(42), kNone);
  std::error_code error;
  EXPECT_EQ(next.fence.collect(42, error), 1u);
  EXPECT_TRUE(world.blobs().empty());
}

}  // namespace
}  // namespace holdfast
