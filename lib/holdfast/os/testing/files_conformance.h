// What every implementation of Files must do, as one typed suite: include, and instantiate.
//
//   INSTANTIATE_TYPED_TEST_SUITE_P(Tmpfs, FilesConformance, PosixWorld<kTmpfs>);
//
// A world is a class with a default constructor that makes a fresh, empty, writable directory:
//   Files& files();
//   std::string directory();
//   bool plant(const std::string& path, FileType type, const std::string& target);
//     // makes what Files cannot: a symbolic link to `target`, or a FIFO; false: there are none
//     here
//   void pass(Duration duration);   // lets so much of the file system's time pass
// What is asked here holds for one client alone, so it holds of a network file system too.
#pragma once

#include <gtest/gtest.h>
#include <holdfast/os/os.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <vector>

namespace holdfast::os::testing {

template <class World>
class FilesConformance : public ::testing::Test {
 protected:
  std::string at(const std::string& name) { return world_.directory() + "/" + name; }
  Files& files() { return world_.files(); }
  int make(const std::string& name, const std::string& contents = "") {
    return files().create(at(name), contents, 0644).value();
  }
  int make_directory(const std::string& name) {
    return files().make_directory(at(name), 0755).value();
  }
  int rename(const std::string& from, const std::string& to) {
    return files().rename(at(from), at(to)).value();
  }
  /// The contents, or "errno N".
  std::string read(const std::string& name, std::size_t most = 1 << 20) {
    std::string contents = "not cleared";
    const auto error = files().read(at(name), most, contents);
    EXPECT_TRUE(!error || contents.empty());
    return error ? "errno " + std::to_string(error.value()) : contents;
  }
  FileStatus status(const std::string& name, Revalidate revalidate = Revalidate::forced) {
    FileStatus found;
    EXPECT_EQ(files().status(at(name), revalidate, found).value(), 0) << name;
    return found;
  }
  int status_error(const std::string& name) {
    FileStatus found;
    return files().status(at(name), Revalidate::forced, found).value();
  }
  std::set<std::string> names(const std::string& name = "") {
    Listing found;
    const std::string path = name.empty() ? world_.directory() : at(name);
    EXPECT_EQ(files().list(path, 100'000, found).value(), 0);
    EXPECT_TRUE(found.complete);
    const std::set<std::string> unique(found.names.begin(), found.names.end());
    EXPECT_EQ(unique.size(), found.names.size());
    return unique;
  }
  int list_error(const std::string& name) {
    Listing found{{"not cleared"}, true};
    const auto error = files().list(at(name), 10, found);
    EXPECT_TRUE(found.names.empty());
    return error.value();
  }

  World world_;
};

/// Skips where this world has no symbolic links, FIFOs, ...
#define HOLDFAST_PLANT(name, type, target)                 \
  do {                                                     \
    if (!this->world_.plant(this->at(name), type, target)) \
      GTEST_SKIP() << "such a file cannot be made here";   \
  } while (false)

TYPED_TEST_SUITE_P(FilesConformance);

TYPED_TEST_P(FilesConformance, CreatesWhatReadGivesBack) {
  for (const std::string& contents : {std::string(), std::string("one line\n"),
                                      std::string("a\0b\n\xff", 5), std::string(100'000, 'x')}) {
    ASSERT_EQ(this->make("file", contents), 0);
    EXPECT_EQ(this->read("file"), contents);
    EXPECT_EQ(this->status("file").size, contents.size());
    ASSERT_FALSE(this->files().unlink(this->at("file")));
  }
}

TYPED_TEST_P(FilesConformance, CreateNeverTouchesWhatIsThere) {
  ASSERT_EQ(this->make("file", "old"), 0);
  ASSERT_EQ(this->make_directory("directory"), 0);
  EXPECT_EQ(this->make("file", "new"), EEXIST);
  EXPECT_EQ(this->read("file"), "old");
  EXPECT_EQ(this->make("directory"), EEXIST);
  EXPECT_EQ(this->make("missing/file"), ENOENT);
  EXPECT_EQ(this->make("file/file"), ENOTDIR);
}

TYPED_TEST_P(FilesConformance, CreateDoesNotFollowALinkToNothing) {
  HOLDFAST_PLANT("link", FileType::symlink, this->at("nothing"));
  EXPECT_EQ(this->make("link"), EEXIST);
  EXPECT_EQ(this->names(), (std::set<std::string>{"link"}));
}

TYPED_TEST_P(FilesConformance, ReadsNoMoreThanItWasAskedTo) {
  ASSERT_EQ(this->make("file", "12345"), 0);
  EXPECT_EQ(this->read("file", 5), "12345");
  EXPECT_EQ(this->read("file", 4), "errno " + std::to_string(EFBIG));
  EXPECT_EQ(this->read("file", 0), "errno " + std::to_string(EFBIG));
  // The bound is a bound, and not what is allocated.
  EXPECT_EQ(this->read("file", static_cast<std::size_t>(-1)), "12345");
  ASSERT_EQ(this->make("empty"), 0);
  EXPECT_EQ(this->read("empty", 0), "");
}

TYPED_TEST_P(FilesConformance, ReadsRegularFilesOnly) {
  ASSERT_EQ(this->make_directory("directory"), 0);
  ASSERT_EQ(this->make("file", "secret"), 0);
  EXPECT_EQ(this->read("missing"), "errno " + std::to_string(ENOENT));
  EXPECT_EQ(this->read("file/file"), "errno " + std::to_string(ENOTDIR));
  EXPECT_EQ(this->read("directory"), "errno " + std::to_string(EISDIR));
  HOLDFAST_PLANT("link", FileType::symlink, this->at("file"));
  EXPECT_EQ(this->read("link"), "errno " + std::to_string(ELOOP));
}

TYPED_TEST_P(FilesConformance, NeverBlocksOnAFifo) {
  HOLDFAST_PLANT("fifo", FileType::other, "");
  EXPECT_EQ(this->read("fifo"), "errno " + std::to_string(EINVAL));
  EXPECT_EQ(this->list_error("fifo"), ENOTDIR);
  EXPECT_EQ(this->make("fifo"), EEXIST);
  EXPECT_EQ(this->status("fifo").type, FileType::other);
  EXPECT_EQ(this->rename("fifo", "elsewhere"), 0);
  EXPECT_EQ(this->files().unlink(this->at("elsewhere")).value(), 0);
}

// The compare-and-swap of the whole library: a name that is gone is ENOENT, and nothing happens.
TYPED_TEST_P(FilesConformance, RenameOfANameThatIsGoneFailsAndChangesNothing) {
  ASSERT_EQ(this->make("state-1", "it"), 0);
  EXPECT_EQ(this->rename("state-1", "state-2"), 0);
  EXPECT_EQ(this->rename("state-1", "state-3"), ENOENT);
  EXPECT_EQ(this->names(), (std::set<std::string>{"state-2"}));
  EXPECT_EQ(this->read("state-2"), "it");
}

TYPED_TEST_P(FilesConformance, RenameReplacesAFileAndAnEmptyDirectory) {
  ASSERT_EQ(this->make("a", "a"), 0);
  ASSERT_EQ(this->make("b", "b"), 0);
  EXPECT_EQ(this->rename("a", "b"), 0);
  EXPECT_EQ(this->read("b"), "a");
  ASSERT_EQ(this->make_directory("full"), 0);
  ASSERT_EQ(this->make("full/file"), 0);
  ASSERT_EQ(this->make_directory("empty"), 0);
  EXPECT_EQ(this->rename("full", "empty"), 0);
  EXPECT_EQ(this->names("empty"), (std::set<std::string>{"file"}));
  EXPECT_EQ(this->names(), (std::set<std::string>{"b", "empty"}));
}

// A directory that is not empty is never lost: that is what keeps a second creator of a lock out.
TYPED_TEST_P(FilesConformance, RenameNeverReplacesADirectoryThatIsNotEmpty) {
  ASSERT_EQ(this->make_directory("full"), 0);
  ASSERT_EQ(this->make("full/file"), 0);
  ASSERT_EQ(this->make_directory("other"), 0);
  ASSERT_EQ(this->make("file"), 0);
  const int error = this->rename("other", "full");
  EXPECT_TRUE(error == ENOTEMPTY || error == EEXIST) << error;
  EXPECT_EQ(this->rename("file", "other"), EISDIR);
  EXPECT_EQ(this->rename("other", "file"), ENOTDIR);
  EXPECT_EQ(this->rename("file", "missing/file"), ENOENT);
  EXPECT_EQ(this->rename("file", "file/file"), ENOTDIR);
  EXPECT_EQ(this->names("full"), (std::set<std::string>{"file"}));
  EXPECT_EQ(this->names(), (std::set<std::string>{"full", "other", "file"}));
}

TYPED_TEST_P(FilesConformance, RenameMovesTheInodeAndItsChangeTimeButNotItsContentsTime) {
  ASSERT_EQ(this->make("a"), 0);
  const WallTime old(std::chrono::seconds(1'000'000'000));
  ASSERT_FALSE(this->files().set_modified(this->at("a"), old));
  const FileStatus before = this->status("a");
  this->world_.pass(std::chrono::milliseconds(20));
  ASSERT_EQ(this->rename("a", "b"), 0);
  const FileStatus after = this->status("b");
  EXPECT_EQ(after.inode, before.inode);
  EXPECT_EQ(after.modified, before.modified);
  EXPECT_GT(after.changed, before.changed);
  EXPECT_EQ(this->status_error("a"), ENOENT);
}

TYPED_TEST_P(FilesConformance, RenameOfTwoNamesOfOneFileDoesNothing) {
  ASSERT_EQ(this->make("a"), 0);
  ASSERT_FALSE(this->files().link(this->at("a"), this->at("b")));
  EXPECT_EQ(this->rename("a", "b"), 0);
  EXPECT_EQ(this->names(), (std::set<std::string>{"a", "b"}));
}

TYPED_TEST_P(FilesConformance, RenameMovesALinkItselfAndReplacesOne) {
  ASSERT_EQ(this->make("file", "contents"), 0);
  ASSERT_EQ(this->make("other", "other"), 0);
  HOLDFAST_PLANT("link", FileType::symlink, this->at("file"));
  EXPECT_EQ(this->rename("link", "moved"), 0);
  EXPECT_EQ(this->status("moved").type, FileType::symlink);
  EXPECT_EQ(this->rename("other", "moved"), 0);
  EXPECT_EQ(this->status("moved").type, FileType::regular);
  EXPECT_EQ(this->read("file"), "contents");
}

TYPED_TEST_P(FilesConformance, LinkGivesASecondNameOnce) {
  ASSERT_EQ(this->make("claim", "who"), 0);
  ASSERT_EQ(this->make("other"), 0);
  EXPECT_EQ(this->status("claim").links, 1U);
  EXPECT_EQ(this->files().link(this->at("claim"), this->at("lock")).value(), 0);
  EXPECT_EQ(this->status("claim").links, 2U);
  EXPECT_EQ(this->status("claim").inode, this->status("lock").inode);
  EXPECT_NE(this->status("other").inode, this->status("lock").inode);
  EXPECT_EQ(this->files().link(this->at("other"), this->at("lock")).value(), EEXIST);
  EXPECT_EQ(this->read("lock"), "who");
  EXPECT_EQ(this->files().link(this->at("missing"), this->at("x")).value(), ENOENT);
  EXPECT_EQ(this->files().link(this->at("other"), this->at("missing/x")).value(), ENOENT);
  ASSERT_FALSE(this->files().unlink(this->at("claim")));
  EXPECT_EQ(this->status("lock").links, 1U);
}

TYPED_TEST_P(FilesConformance, LinkDoesNotFollowALinkAndNotADirectory) {
  ASSERT_EQ(this->make("file"), 0);
  ASSERT_EQ(this->make_directory("directory"), 0);
  EXPECT_EQ(this->files().link(this->at("directory"), this->at("x")).value(), EPERM);
  HOLDFAST_PLANT("link", FileType::symlink, this->at("file"));
  EXPECT_EQ(this->files().link(this->at("link"), this->at("second")).value(), 0);
  EXPECT_EQ(this->status("second").type, FileType::symlink);
  EXPECT_EQ(this->status("file").links, 1U);
}

TYPED_TEST_P(FilesConformance, UnlinkTakesOneNameAndNoDirectory) {
  ASSERT_EQ(this->make("file", "contents"), 0);
  ASSERT_EQ(this->make_directory("directory"), 0);
  const int error = this->files().unlink(this->at("directory")).value();
  EXPECT_TRUE(error == EISDIR || error == EPERM) << error;
  EXPECT_EQ(this->files().unlink(this->at("missing")).value(), ENOENT);
  HOLDFAST_PLANT("link", FileType::symlink, this->at("file"));
  EXPECT_EQ(this->files().unlink(this->at("link")).value(), 0);
  EXPECT_EQ(this->read("file"), "contents");
  EXPECT_EQ(this->files().unlink(this->at("file")).value(), 0);
  EXPECT_EQ(this->files().unlink(this->at("file")).value(), ENOENT);
}

TYPED_TEST_P(FilesConformance, DirectoriesAreMadeOnceAndRemovedWhenEmpty) {
  EXPECT_EQ(this->make_directory("d"), 0);
  EXPECT_EQ(this->make_directory("d"), EEXIST);
  EXPECT_EQ(this->make_directory("missing/d"), ENOENT);
  ASSERT_EQ(this->make("d/file"), 0);
  EXPECT_EQ(this->make_directory("d/file"), EEXIST);
  EXPECT_EQ(this->make_directory("d/file/d"), ENOTDIR);
  const int error = this->files().remove_directory(this->at("d")).value();
  EXPECT_TRUE(error == ENOTEMPTY || error == EEXIST) << error;
  EXPECT_EQ(this->files().remove_directory(this->at("d/file")).value(), ENOTDIR);
  ASSERT_FALSE(this->files().unlink(this->at("d/file")));
  EXPECT_EQ(this->files().remove_directory(this->at("d")).value(), 0);
  EXPECT_EQ(this->files().remove_directory(this->at("d")).value(), ENOENT);
}

TYPED_TEST_P(FilesConformance, RemoveDirectoryDoesNotFollowALink) {
  ASSERT_EQ(this->make_directory("directory"), 0);
  HOLDFAST_PLANT("link", FileType::symlink, this->at("directory"));
  EXPECT_EQ(this->files().remove_directory(this->at("link")).value(), ENOTDIR);
  EXPECT_EQ(this->make_directory("link"), EEXIST);
  EXPECT_EQ(this->status("directory").type, FileType::directory);
}

TYPED_TEST_P(FilesConformance, ListsEveryNameOnceWithoutTheDots) {
  EXPECT_TRUE(this->names().empty());
  std::set<std::string> made;
  for (int i = 0; i < 700; ++i) {
    made.insert("a-name-of-some-length-so-that-many-answers-are-needed-" + std::to_string(i));
  }
  for (const std::string& name : made) ASSERT_EQ(this->make(name), 0);
  EXPECT_EQ(this->names(), made);
}

// Names are bytes: what an enemy puts beside a lock comes through unchanged, or not at all.
TYPED_TEST_P(FilesConformance, ListsNamesOfAnyBytes) {
  const std::set<std::string> made = {"new\nline", " ",   "tab\t", "-rf",         "\x01", "*",
                                      "...",       "a|b", "\\n",   "caf\xc3\xa9", "..a",  "%00"};
  for (const std::string& name : made) ASSERT_EQ(this->make(name, name), 0);
  EXPECT_EQ(this->names(), made);
  for (const std::string& name : made) EXPECT_EQ(this->read(name), name);
}

TYPED_TEST_P(FilesConformance, ListSaysWhenThereIsMore) {
  for (const char* name : {"a", "b", "c"}) ASSERT_EQ(this->make(name), 0);
  Listing found;
  ASSERT_FALSE(this->files().list(this->world_.directory(), 2, found));
  EXPECT_EQ(found.names.size(), 2U);
  EXPECT_FALSE(found.complete);
  ASSERT_FALSE(this->files().list(this->world_.directory(), 3, found));
  EXPECT_EQ(found.names.size(), 3U);
  EXPECT_TRUE(found.complete);
  ASSERT_FALSE(this->files().list(this->world_.directory(), 0, found));
  EXPECT_TRUE(found.names.empty());
  EXPECT_FALSE(found.complete);
}

TYPED_TEST_P(FilesConformance, ListsDirectoriesOnly) {
  ASSERT_EQ(this->make("file"), 0);
  ASSERT_EQ(this->make_directory("directory"), 0);
  EXPECT_EQ(this->list_error("missing"), ENOENT);
  EXPECT_EQ(this->list_error("file"), ENOTDIR);
  HOLDFAST_PLANT("link", FileType::symlink, this->at("directory"));
  EXPECT_EQ(this->list_error("link"), ENOTDIR);
}

// A lock's directory that an enemy moves away and replaces by a link to another is not entered.
TYPED_TEST_P(FilesConformance, ADirectoryReplacedByALinkIsNotListedAndNotTouched) {
  ASSERT_EQ(this->make_directory("lock"), 0);
  ASSERT_EQ(this->make_directory("elsewhere"), 0);
  ASSERT_EQ(this->make("lock/state"), 0);
  ASSERT_EQ(this->names("lock"), (std::set<std::string>{"state"}));
  ASSERT_EQ(this->rename("lock", "aside"), 0);
  HOLDFAST_PLANT("lock", FileType::symlink, this->at("elsewhere"));
  const FileStatus before = this->status("elsewhere");
  this->world_.pass(std::chrono::milliseconds(20));
  EXPECT_EQ(this->list_error("lock"), ENOTDIR);
  EXPECT_EQ(this->status("lock").type, FileType::symlink);
  static_cast<void>(this->files().touch(this->at("lock")));
  EXPECT_EQ(this->status("elsewhere").changed, before.changed);
  EXPECT_EQ(this->files().remove_directory(this->at("lock")).value(), ENOTDIR);
}

TYPED_TEST_P(FilesConformance, StatusTellsTypesAndModes) {
  ASSERT_EQ(this->make("file", "abc"), 0);
  ASSERT_EQ(this->make_directory("directory"), 0);
  for (const Revalidate how : {Revalidate::as_mounted, Revalidate::forced}) {
    const FileStatus file = this->status("file", how);
    EXPECT_EQ(file.type, FileType::regular);
    EXPECT_EQ(file.size, 3U);
    EXPECT_EQ(file.mode & ~0644U, 0U);  // less the umask
    EXPECT_EQ(file.mode & 0600U, 0600U);
    const FileStatus directory = this->status("directory", how);
    EXPECT_EQ(directory.type, FileType::directory);
    EXPECT_NE(directory.inode, file.inode);
    EXPECT_EQ(directory.device, file.device);
  }
  EXPECT_EQ(this->status_error("missing"), ENOENT);
  EXPECT_EQ(this->status_error("file/x"), ENOTDIR);
}

TYPED_TEST_P(FilesConformance, TouchSetsThePresentAndNeedsTheFile) {
  ASSERT_EQ(this->make("file"), 0);
  ASSERT_EQ(this->make_directory("directory"), 0);
  for (const char* name : {"file", "directory"}) {
    const WallTime old(std::chrono::seconds(1'000'000'000));
    ASSERT_FALSE(this->files().set_modified(this->at(name), old));
    const FileStatus before = this->status(name);
    this->world_.pass(std::chrono::milliseconds(20));
    EXPECT_EQ(this->files().touch(this->at(name)).value(), 0);
    const FileStatus after = this->status(name);
    EXPECT_GT(after.changed, before.changed);
    EXPECT_GE(after.modified, before.changed);  // both are the server's stamps
  }
  EXPECT_EQ(this->files().touch(this->at("missing")).value(), ENOENT);
  EXPECT_EQ(this->names(), (std::set<std::string>{"file", "directory"}));
}

TYPED_TEST_P(FilesConformance, TimesAreNotSetThroughALink) {
  ASSERT_EQ(this->make("file"), 0);
  const FileStatus before = this->status("file");
  this->world_.pass(std::chrono::milliseconds(20));
  HOLDFAST_PLANT("link", FileType::symlink, this->at("file"));
  const WallTime old(std::chrono::seconds(1'000'000'000));
  // Refused where a link has no times of its own.
  static_cast<void>(this->files().touch(this->at("link")));
  static_cast<void>(this->files().set_modified(this->at("link"), old));
  EXPECT_EQ(this->status("file").modified, before.modified);
  EXPECT_EQ(this->status("file").changed, before.changed);
}

TYPED_TEST_P(FilesConformance, SetModifiedIsKeptToTheSecondAtLeast) {
  ASSERT_EQ(this->make("file"), 0);
  for (const std::int64_t seconds : {1, 1'000'000'000, 2'000'000'000}) {
    const Duration wanted = std::chrono::seconds(seconds) + std::chrono::nanoseconds(123'456'789);
    ASSERT_FALSE(this->files().set_modified(this->at("file"), WallTime(wanted)));
    const Duration kept = this->status("file").modified.time_since_epoch();
    EXPECT_LE(kept, wanted);
    EXPECT_GT(kept, wanted - std::chrono::seconds(2));  // FAT counts in two seconds
  }
  EXPECT_EQ(this->files().set_modified(this->at("missing"), WallTime()).value(), ENOENT);
}

TYPED_TEST_P(FilesConformance, SyncTakesFilesAndDirectories) {
  ASSERT_EQ(this->make("file", "x"), 0);
  EXPECT_EQ(this->files().sync(this->at("file")).value(), 0);
  EXPECT_EQ(this->files().sync(this->world_.directory()).value(), 0);
  EXPECT_EQ(this->files().sync(this->at("missing")).value(), ENOENT);
}

TYPED_TEST_P(FilesConformance, FileSystemTellsTheLongestNameThatFits) {
  FileSystem found;
  ASSERT_FALSE(this->files().file_system(this->world_.directory(), found));
  ASSERT_GE(found.name_max, 14U);
  EXPECT_EQ(this->make(std::string(found.name_max, 'n')), 0);
  EXPECT_EQ(this->make(std::string(found.name_max + 1, 'n')), ENAMETOOLONG);
  const std::string longest(found.name_max, 'n');
  EXPECT_EQ(this->rename(longest, longest + "n"), ENAMETOOLONG);
  EXPECT_EQ(this->names(), (std::set<std::string>{longest}));
  EXPECT_EQ(this->files().file_system(this->at("missing"), found).value(), ENOENT);
}

TYPED_TEST_P(FilesConformance, ANameWithANulByteIsRefusedAndNotCutShort) {
  const std::string name("file\0x", 6);
  const std::string path = this->at(name);
  ASSERT_EQ(this->make("file", "old"), 0);
  Files& files = this->files();
  std::string contents;
  Listing listing;
  FileStatus status;
  FileSystem file_system;
  const std::vector<std::error_code> answers = {files.rename(path, this->at("b")),
                                                files.rename(this->at("file"), path),
                                                files.link(path, this->at("b")),
                                                files.link(this->at("file"), path),
                                                files.unlink(path),
                                                files.make_directory(path, 0755),
                                                files.remove_directory(path),
                                                files.create(path, "", 0644),
                                                files.list(path, 10, listing),
                                                files.read(path, 10, contents),
                                                files.status(path, Revalidate::forced, status),
                                                files.touch(path),
                                                files.set_modified(path, WallTime()),
                                                files.sync(path),
                                                files.file_system(path, file_system)};
  for (const auto& answer : answers) EXPECT_EQ(answer.value(), EINVAL);
  EXPECT_EQ(this->names(), (std::set<std::string>{"file"}));
  EXPECT_EQ(this->read("file"), "old");
}

#undef HOLDFAST_PLANT

REGISTER_TYPED_TEST_SUITE_P(
    FilesConformance, CreatesWhatReadGivesBack, CreateNeverTouchesWhatIsThere,
    CreateDoesNotFollowALinkToNothing, ReadsNoMoreThanItWasAskedTo, ReadsRegularFilesOnly,
    NeverBlocksOnAFifo, RenameOfANameThatIsGoneFailsAndChangesNothing,
    RenameReplacesAFileAndAnEmptyDirectory, RenameNeverReplacesADirectoryThatIsNotEmpty,
    RenameMovesTheInodeAndItsChangeTimeButNotItsContentsTime, RenameOfTwoNamesOfOneFileDoesNothing,
    RenameMovesALinkItselfAndReplacesOne, LinkGivesASecondNameOnce,
    LinkDoesNotFollowALinkAndNotADirectory, UnlinkTakesOneNameAndNoDirectory,
    DirectoriesAreMadeOnceAndRemovedWhenEmpty, RemoveDirectoryDoesNotFollowALink,
    ListsEveryNameOnceWithoutTheDots, ListsNamesOfAnyBytes, ListSaysWhenThereIsMore,
    ListsDirectoriesOnly, ADirectoryReplacedByALinkIsNotListedAndNotTouched,
    StatusTellsTypesAndModes, TouchSetsThePresentAndNeedsTheFile, TimesAreNotSetThroughALink,
    SetModifiedIsKeptToTheSecondAtLeast, SyncTakesFilesAndDirectories,
    FileSystemTellsTheLongestNameThatFits, ANameWithANulByteIsRefusedAndNotCutShort);

}  // namespace holdfast::os::testing
