#include "harness/sharedmount/silly_rename.h"

#include <cerrno>
#include <cstdio>

namespace holdfast::harness::mount {
namespace {

/// Whether a name's file is open here, so that it has to live on under another name.
bool needs_silly_name(const Question& question, const NodePtr& directory, const char* name) {
  if (!question.store().manners().silly_rename || !directory) return false;
  const NodePtr victim = question.store().known(*directory, name);
  View* const view = victim ? question.beliefs().find(victim->id) : nullptr;
  return view != nullptr && view->opens > 0 && !view->silly_directory;
}

/// Gives it that name, and goes on with `then`.
void give_silly_name(const Question& question, const NodePtr& directory, const std::string& name,
                     const std::function<void()>& then) {
  const NodePtr victim = question.store().known(*directory, name);
  char silly[40];
  std::snprintf(silly, sizeof silly, ".nfs%016llx%08x",
                static_cast<unsigned long long>(victim->key.inode),
                static_cast<unsigned>(victim->id));
  Request what = question.make(Action::rename, directory->id, name.c_str());
  what.other = directory;
  what.other_name = silly;
  question.send(std::move(what), [question, victim, directory, then, hidden = std::string(silly)](
                                     const Reply&, std::vector<Expired>&) {
    View& view = question.beliefs().view(victim);
    view.silly_directory = directory;
    view.silly_name = hidden;
    then();
  });
}

/// Of the name; or as SMB does it: opens the file of that name, and then has that file moved. In
/// between, others' requests may move it first.
void send_rename(const Question& question, Request what) {
  if (question.store().manners().renames == Renames::of_the_name) {
    return question.send_plain(std::move(what));
  }
  Request open = what;
  open.action = Action::lookup;
  open.other = nullptr;
  open.other_name.clear();
  question.send(std::move(open), [question, what](const Reply& opened, std::vector<Expired>&) {
    Request move = what;
    move.moved = opened.node;
    question.send_plain(std::move(move));
  });
}

}  // namespace

void unlink(const Question& question, fuse_ino_t parent, const char* name) {
  const NodePtr directory = question.node(parent);
  if (needs_silly_name(question, directory, name)) {
    return give_silly_name(question, directory, name, [question] { question.fail(0); });
  }
  question.send_plain(question.make(Action::unlink, parent, name));
}

void rename(const Question& question, fuse_ino_t parent, const char* name, fuse_ino_t other,
            const char* other_name, unsigned flags) {
  // No network protocol has RENAME_EXCHANGE and the like: the client refuses, and sends nothing.
  if (flags != 0) return question.fail(EINVAL);
  Request what = question.make(Action::rename, parent, name);
  what.other = question.node(other);
  what.other_name = other_name;
  if (!what.other) return question.fail(ESTALE);
  // Two names of one file: nothing is taken away.
  const auto same = [&] {
    return what.node && question.store().known(*what.other, other_name) ==
                            question.store().known(*what.node, name);
  };
  if (needs_silly_name(question, what.other, other_name) && !same()) {
    return give_silly_name(question, what.other, other_name,
                           [question, what] { send_rename(question, what); });
  }
  send_rename(question, std::move(what));
}

void closed(const Question& question, View& view) {
  --view.opens;
  if (view.opens != 0 || !view.silly_directory) return;
  Request what;
  what.action = Action::unlink;
  what.host = question.host();
  what.node = std::exchange(view.silly_directory, nullptr);
  what.name = view.silly_name;
  // Nobody waits for it, and nobody hears of its failure: like on NFS, the name stays then.
  question.courier().send(
      std::move(what), [](const Reply&) {}, [] { return false; });
}

}  // namespace holdfast::harness::mount
