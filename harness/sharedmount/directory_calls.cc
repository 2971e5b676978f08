// Questions about what is in a directory.
#include "harness/sharedmount/call_groups.h"
#include "harness/sharedmount/question.h"

namespace holdfast::harness::mount {
namespace {

/// A directory that a program has open: what it saw when it opened it, or last rewound.
struct OpenDirectory {
  fuse_ino_t id = 0;
  Entries entries;
  bool read = false;
};

void on_opendir(fuse_req_t request, fuse_ino_t id, fuse_file_info* info) {
  const Question question(request);
  question.send(question.make(Action::list, id),
                [question, asked = *info](const Reply& reply, std::vector<Expired>& expired) {
                  question.learn(reply, expired);
                  const Entries shown =
                      question.beliefs().listing(reply.node, reply.entries, reply.change);
                  auto* const kept = new OpenDirectory{reply.node->id, shown};
                  fuse_file_info opened = asked;
                  opened.fh = handle(kept);
                  // What a listing shows can be looked up at once: so the answer waits until the
                  // kernel has heard what expired, by this answer and by those before it.
                  question.notifier().expire(std::exchange(expired, {}));
                  question.notifier().when_told(kept->id, [question, opened, kept] {
                    if (::fuse_reply_open(question.request(), &opened) != 0) delete kept;
                  });
                });
}

void reply_entries(fuse_req_t request, const OpenDirectory& directory, std::size_t size,
                   off_t offset) {
  std::string answer(size, '\0');
  std::size_t used = 0;
  const auto& entries = *directory.entries;
  for (auto at = static_cast<std::size_t>(offset); at < entries.size(); ++at) {
    struct stat status {};
    status.st_ino = entries[at].inode;
    status.st_mode = entries[at].type;
    const std::size_t needed =
        ::fuse_add_direntry(request, answer.data() + used, size - used, entries[at].name.c_str(),
                            &status, static_cast<off_t>(at + 1));
    if (needed > size - used) break;
    used += needed;
  }
  ::fuse_reply_buf(request, answer.data(), used);
}

void on_readdir(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset,
                fuse_file_info* info) {
  OpenDirectory& directory = object<OpenDirectory>(info);
  const bool rewound = offset == 0 && directory.read;
  directory.read = true;
  if (!rewound) return reply_entries(request, directory, size, offset);
  const Question question(request);
  question.send(question.make(Action::list, directory.id),
                [question, &directory, size](const Reply& reply, std::vector<Expired>& expired) {
                  question.learn(reply, expired);
                  directory.entries =
                      question.beliefs().listing(reply.node, reply.entries, reply.change);
                  reply_entries(question.request(), directory, size, 0);
                });
}

void on_releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  delete &object<OpenDirectory>(info);
  ::fuse_reply_err(request, 0);
}

}  // namespace

void add_directory_calls(fuse_lowlevel_ops& calls) {
  calls.opendir = on_opendir;
  calls.readdir = on_readdir;
  calls.releasedir = on_releasedir;
}

}  // namespace holdfast::harness::mount
