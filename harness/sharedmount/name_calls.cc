// Questions about names: what is behind one, and changes of them.
#include <cerrno>

#include "harness/sharedmount/call_groups.h"
#include "harness/sharedmount/question.h"
#include "harness/sharedmount/silly_rename.h"

namespace holdfast::harness::mount {
namespace {

void on_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  const Question question(request);
  Request what = question.make(Action::lookup, parent, name);
  const NodePtr directory = what.node;
  question.send_any(std::move(what), [question, directory, name = std::string(name)](
                                         const Reply& reply, std::vector<Expired>& expired) {
    if (reply.error == 0) return question.reply_entry(directory, name, reply, expired);
    if (reply.error == ENOENT) return question.reply_no_entry(directory, name, reply);
    question.fail(reply.error);
  });
}

void on_mkdir(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode) {
  const Question question(request);
  Request what = question.make(Action::mkdir, parent, name);
  what.mode = mode;
  const NodePtr directory = what.node;
  question.send_making(std::move(what), directory, name);
}

void on_mknod(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, dev_t device) {
  const Question question(request);
  Request what = question.make(Action::mknod, parent, name);
  what.mode = mode;
  what.device = device;
  const NodePtr directory = what.node;
  question.send_making(std::move(what), directory, name);
}

void on_symlink(fuse_req_t request, const char* target, fuse_ino_t parent, const char* name) {
  const Question question(request);
  Request what = question.make(Action::symlink, parent, name);
  what.data = target;
  const NodePtr directory = what.node;
  question.send_making(std::move(what), directory, name);
}

void on_link(fuse_req_t request, fuse_ino_t id, fuse_ino_t parent, const char* name) {
  const Question question(request);
  Request what = question.make(Action::link, id);
  what.other = question.node(parent);
  what.other_name = name;
  if (!what.other) return question.fail(ESTALE);
  const NodePtr directory = what.other;
  question.send_making(std::move(what), directory, name);
}

void on_unlink(fuse_req_t request, fuse_ino_t parent, const char* name) {
  unlink(Question(request), parent, name);
}

void on_rmdir(fuse_req_t request, fuse_ino_t parent, const char* name) {
  const Question question(request);
  question.send_plain(question.make(Action::rmdir, parent, name));
}

void on_rename(fuse_req_t request, fuse_ino_t parent, const char* name, fuse_ino_t other,
               const char* other_name, unsigned flags) {
  rename(Question(request), parent, name, other, other_name, flags);
}

}  // namespace

void add_name_calls(fuse_lowlevel_ops& calls) {
  calls.lookup = on_lookup;
  calls.mkdir = on_mkdir;
  calls.mknod = on_mknod;
  calls.symlink = on_symlink;
  calls.link = on_link;
  calls.unlink = on_unlink;
  calls.rmdir = on_rmdir;
  calls.rename = on_rename;
}

}  // namespace holdfast::harness::mount
