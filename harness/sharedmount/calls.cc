#include "harness/sharedmount/calls.h"

#include <cerrno>

#include "harness/sharedmount/call_groups.h"
#include "harness/sharedmount/question.h"

namespace holdfast::harness::mount {
namespace {

void on_init(void*, fuse_conn_info* connection) {
  // Copying is cheaper than splicing for the small messages of locks.
  connection->want &=
      ~static_cast<unsigned>(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
  // An open that empties a file is a change of attributes, as in NFS, and then an open.
  connection->want &= ~static_cast<unsigned>(FUSE_CAP_ATOMIC_O_TRUNC);
  connection->time_gran = 1;
}

void on_forget(fuse_req_t request, fuse_ino_t id, std::uint64_t lookups) {
  Question(request).beliefs().forget(id, lookups);
  ::fuse_reply_none(request);
}

void on_getattr(fuse_req_t request, fuse_ino_t id, fuse_file_info*) {
  const Question question(request);
  question.send(question.make(Action::stat, id),
                [question](const Reply& reply, std::vector<Expired>& expired) {
                  question.reply_attributes(reply, expired);
                });
}

void on_setattr(fuse_req_t request, fuse_ino_t id, struct stat* values, int which,
                fuse_file_info*) {
  const Question question(request);
  Request what = question.make(Action::set, id);
  what.values = *values;
  what.which = which;
  question.send(std::move(what), [question](const Reply& reply, std::vector<Expired>& expired) {
    question.reply_attributes(reply, expired);
  });
}

void on_readlink(fuse_req_t request, fuse_ino_t id) {
  const Question question(request);
  question.send(question.make(Action::readlink, id),
                [request](const Reply& reply, std::vector<Expired>&) {
                  ::fuse_reply_readlink(request, reply.data.c_str());
                });
}

void on_statfs(fuse_req_t request, fuse_ino_t) {
  const Question question(request);
  question.send(question.make(Action::statfs, FUSE_ROOT_ID),
                [request](const Reply& reply, std::vector<Expired>&) {
                  ::fuse_reply_statfs(request, &reply.system);
                });
}

// Locks of the kernel: refused, because the kernel would otherwise keep them on each host alone.
void on_getlk(fuse_req_t request, fuse_ino_t, fuse_file_info*, struct flock*) {
  ::fuse_reply_err(request, EOPNOTSUPP);
}
void on_setlk(fuse_req_t request, fuse_ino_t, fuse_file_info*, struct flock*, int) {
  ::fuse_reply_err(request, EOPNOTSUPP);
}
void on_flock(fuse_req_t request, fuse_ino_t, fuse_file_info*, int) {
  ::fuse_reply_err(request, EOPNOTSUPP);
}

}  // namespace

fuse_lowlevel_ops mount_calls() {
  fuse_lowlevel_ops calls{};
  calls.init = on_init;
  calls.forget = on_forget;
  calls.getattr = on_getattr;
  calls.setattr = on_setattr;
  calls.readlink = on_readlink;
  calls.statfs = on_statfs;
  calls.getlk = on_getlk;
  calls.setlk = on_setlk;
  calls.flock = on_flock;
  add_name_calls(calls);
  add_file_calls(calls);
  add_directory_calls(calls);
  return calls;
}

}  // namespace holdfast::harness::mount
