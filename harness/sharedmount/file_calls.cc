// Questions about files that programs have open.
#include <fcntl.h>

#include "harness/sharedmount/call_groups.h"
#include "harness/sharedmount/question.h"
#include "harness/sharedmount/silly_rename.h"

namespace holdfast::harness::mount {
namespace {

/// A file that a program has open.
struct OpenFile {
  NodePtr node;
  FilePtr file;
};

void close(const Question& question, const OpenFile& file) {
  closed(question, question.beliefs().view(file.node));
  question.beliefs().tidy(file.node->id);
}

/// Tells the kernel how an open file is to be treated. `made`: where it was made just now.
void reply_open(const Question& question, fuse_file_info& info, OpenFile file, bool unchanged,
                const fuse_entry_param* made) {
  // What is not cached at all the kernel does not map shared (ENODEV), about which no two hosts
  // could agree: what could be mapped writable, and all where a client keeps no contents.
  const bool writable = (info.flags & O_ACCMODE) == O_RDWR;
  info.direct_io = writable || !question.store().manners().keep_contents() ? 1 : 0;
  info.keep_cache = unchanged ? 1 : 0;
  auto* const kept = new OpenFile(std::move(file));
  info.fh = handle(kept);
  ++question.beliefs().view(kept->node).opens;
  const int sent = made == nullptr ? ::fuse_reply_open(question.request(), &info)
                                   : ::fuse_reply_create(question.request(), made, &info);
  if (sent == 0) return;
  // The program was interrupted meanwhile; the kernel will never close what it was not given.
  close(question, *kept);
  delete kept;
  if (made != nullptr) question.beliefs().forget(made->ino, 1);
}

void on_open(fuse_req_t request, fuse_ino_t id, fuse_file_info* info) {
  const Question question(request);
  Request what = question.make(Action::open, id);
  what.flags = info->flags;
  question.send(std::move(what),
                [question, opened = *info](const Reply& reply, std::vector<Expired>& expired) {
                  View& view = question.beliefs().view(reply.node);
                  const bool unchanged = view.seen_before && view.seen == reply.change;
                  question.learn(reply, expired);
                  // Attributes that are believed are those of before: ask again.
                  if (!unchanged)
                    ::fuse_lowlevel_notify_inval_inode(question.session(), reply.node->id, -1, 0);
                  fuse_file_info shown = opened;
                  reply_open(question, shown, {reply.node, reply.file}, unchanged, nullptr);
                });
}

void on_create(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode,
               fuse_file_info* info) {
  const Question question(request);
  Request what = question.make(Action::create, parent, name);
  what.mode = mode;
  what.flags = info->flags;
  const NodePtr directory = what.node;
  question.send(std::move(what), [question, opened = *info, directory, name = std::string(name)](
                                     const Reply& reply, std::vector<Expired>& expired) {
    const fuse_entry_param made = question.entry(directory, name, reply, expired);
    fuse_file_info shown = opened;
    reply_open(question, shown, {reply.node, reply.file}, false, &made);
  });
}

void on_read(fuse_req_t request, fuse_ino_t id, std::size_t size, off_t offset,
             fuse_file_info* info) {
  const Question question(request);
  Request what = question.make(Action::read, id);
  what.file = object<OpenFile>(info).file;
  what.size = size;
  what.offset = offset;
  question.send(std::move(what), [request](const Reply& reply, std::vector<Expired>&) {
    ::fuse_reply_buf(request, reply.data.data(), reply.data.size());
  });
}

void on_write(fuse_req_t request, fuse_ino_t id, const char* data, std::size_t size, off_t offset,
              fuse_file_info* info) {
  const Question question(request);
  Request what = question.make(Action::write, id);
  what.file = object<OpenFile>(info).file;
  what.data.assign(data, size);
  what.offset = offset;
  question.send(std::move(what), [request](const Reply& reply, std::vector<Expired>&) {
    ::fuse_reply_write(request, reply.size);
  });
}

void on_release(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  OpenFile& file = object<OpenFile>(info);
  close(Question(request), file);
  delete &file;
  ::fuse_reply_err(request, 0);
}

void on_fsync(fuse_req_t request, fuse_ino_t id, int, fuse_file_info*) {
  const Question question(request);
  question.send_plain(question.make(Action::sync, id));
}

}  // namespace

void add_file_calls(fuse_lowlevel_ops& calls) {
  calls.open = on_open;
  calls.create = on_create;
  calls.read = on_read;
  calls.write = on_write;
  calls.release = on_release;
  calls.fsync = on_fsync;
  calls.fsyncdir = on_fsync;
}

}  // namespace holdfast::harness::mount
