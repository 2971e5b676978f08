#include "harness/sharedmount/calls.h"

#include <fcntl.h>
#include <fuse_lowlevel.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "harness/sharedmount/host_mount.h"
#include "harness/sharedmount/killed.h"

namespace holdfast::harness::mount {
namespace {

double seconds(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

/// A file that a program has open.
struct OpenFile {
  NodePtr node;
  FilePtr file;
};

/// A directory that a program has open: what it saw when it opened it, or last rewound.
struct OpenDirectory {
  fuse_ino_t id = 0;
  Entries entries;
  bool read = false;
};

std::uint64_t handle(const void* object) { return reinterpret_cast<std::uintptr_t>(object); }
template <class T>
T& object(const fuse_file_info* info) {
  return *reinterpret_cast<T*>(static_cast<std::uintptr_t>(info->fh));
}

}  // namespace

/// One question and all that answering it takes. Copied into the answers that come later.
struct Calls {
  fuse_req_t request;
  HostMount* host;

  explicit Calls(fuse_req_t which)
      : request(which), host(static_cast<HostMount*>(::fuse_req_userdata(which))) {}

  NodePtr node(fuse_ino_t id) const {
    View* const view = host->beliefs_.find(id);
    return view == nullptr ? nullptr : view->node;
  }
  Request make(Action action, fuse_ino_t id, const char* name = "") const {
    const fuse_ctx* const context = ::fuse_req_ctx(request);
    Request made;
    made.action = action;
    made.host = host->options_.host;
    made.caller = {context->uid, context->gid};
    made.node = node(id);
    made.name = name;
    return made;
  }
  void forget(fuse_ino_t id, std::uint64_t lookups) const { host->beliefs_.forget(id, lookups); }
  void fail(int error) const { ::fuse_reply_err(request, error); }

  /// Sends it; `answer` gets the reply if there is one without an error, else the kernel the error.
  /// What the reply says of directories is learnt first, and what expires with it is told after.
  template <class Answers>
  void send(Request what, Answers answer) const {
    if (!what.node) return fail(ESTALE);
    const bool change = is_change(what.action);
    const pid_t program = ::fuse_req_ctx(request)->pid;
    const Calls self = *this;
    host->courier_.send(
        std::move(what),
        [self, change, answer](const Reply& reply) {
          std::vector<Expired> expired;
          self.host->beliefs_.learn(reply, change, std::chrono::steady_clock::now(), expired);
          if (reply.error != 0) {
            self.fail(reply.error);
          } else {
            answer(reply, expired);
          }
          self.host->notifier_->expire(std::move(expired));
        },
        [self, program] {
          return ::fuse_req_interrupted(self.request) != 0 && is_killed(program);
        });
  }
  /// For what is answered with success and nothing more.
  void send_plain(Request what) const {
    send(std::move(what), [self = *this](const Reply&, std::vector<Expired>&) { self.fail(0); });
  }

  double learn(const Reply& reply, std::vector<Expired>& expired) const {
    host->beliefs_.learn(reply.node, reply.change, std::chrono::steady_clock::now(), expired);
    return seconds(host->beliefs_.view(reply.node).trust);
  }
  fuse_entry_param entry(const NodePtr& directory, const std::string& name, const Reply& reply,
                         std::vector<Expired>& expired) const {
    fuse_entry_param made{};
    made.ino = reply.node->id;
    made.generation = 1;
    made.attr = reply.status;
    made.attr_timeout = learn(reply, expired);
    made.entry_timeout = seconds(host->beliefs_.name_given(directory, name, true));
    host->beliefs_.introduce(reply.node);
    return made;
  }
  void reply_entry(const NodePtr& directory, const std::string& name, const Reply& reply,
                   std::vector<Expired>& expired) const {
    const fuse_entry_param made = entry(directory, name, reply, expired);
    if (::fuse_reply_entry(request, &made) != 0) host->beliefs_.forget(made.ino, 1);
  }
  void reply_attributes(const Reply& reply, std::vector<Expired>& expired) const {
    const double trust = learn(reply, expired);
    ::fuse_reply_attr(request, &reply.status, trust);
  }

  /// Sends what makes a new name in a directory.
  void send_making(Request what, const NodePtr& directory, const std::string& name) const {
    send(std::move(what),
         [self = *this, directory, name](const Reply& reply, std::vector<Expired>& expired) {
           self.reply_entry(directory, name, reply, expired);
         });
  }
  void look_up(fuse_ino_t parent, const char* name) const;
  void open(fuse_ino_t id, const fuse_file_info& info) const;
  void create(fuse_ino_t parent, const char* name, mode_t mode, const fuse_file_info& info) const;
  /// Tells the kernel how an open file is to be treated.
  void reply_open(fuse_file_info& info, OpenFile file, bool unchanged,
                  const fuse_entry_param* made) const;
  void open_directory(fuse_ino_t id, const fuse_file_info& info) const;
  void read_directory(std::size_t size, off_t offset, const fuse_file_info& info) const;
  void reply_entries(const OpenDirectory& directory, std::size_t size, off_t offset) const;
  void unlink(fuse_ino_t parent, const char* name) const;
  void rename(fuse_ino_t parent, const char* name, fuse_ino_t other, const char* other_name,
              unsigned flags) const;
  /// Whether a name's file is open here, so that it has to live on under another name.
  bool needs_silly_name(const NodePtr& directory, const char* name) const;
  /// Gives it that name, and goes on with `then`.
  void give_silly_name(const NodePtr& directory, const std::string& name,
                       const std::function<void()>& then) const;
  void close(OpenFile& file) const;
};

void Calls::look_up(fuse_ino_t parent, const char* name) const {
  Request what = make(Action::lookup, parent, name);
  if (!what.node) return fail(ESTALE);
  const pid_t program = ::fuse_req_ctx(request)->pid;
  const NodePtr directory = what.node;
  const std::string entry_name = what.name;
  const Calls self = *this;
  host->courier_.send(
      std::move(what),
      [self, directory, entry_name](const Reply& reply) {
        std::vector<Expired> expired;
        Beliefs& beliefs = self.host->beliefs_;
        beliefs.learn(reply, false, std::chrono::steady_clock::now(), expired);
        if (reply.error == 0) {
          self.reply_entry(directory, entry_name, reply, expired);
        } else if (reply.error == ENOENT) {
          fuse_entry_param none{};  // no node: the kernel remembers that there is none
          none.entry_timeout = seconds(beliefs.name_given(directory, entry_name, false));
          ::fuse_reply_entry(self.request, &none);
        } else {
          self.fail(reply.error);
        }
        self.host->notifier_->expire(std::move(expired));
      },
      [self, program] { return ::fuse_req_interrupted(self.request) != 0 && is_killed(program); });
}

void Calls::reply_open(fuse_file_info& info, OpenFile file, bool unchanged,
                       const fuse_entry_param* made) const {
  // What could be mapped shared and writable is not cached at all: the kernel refuses such maps
  // then (ENODEV), which no two hosts could agree about.
  info.direct_io = (info.flags & O_ACCMODE) == O_RDWR ? 1 : 0;
  info.keep_cache = unchanged ? 1 : 0;
  auto* const kept = new OpenFile(std::move(file));
  info.fh = handle(kept);
  ++host->beliefs_.view(kept->node).opens;
  const int sent = made == nullptr ? ::fuse_reply_open(request, &info)
                                   : ::fuse_reply_create(request, made, &info);
  if (sent == 0) return;
  // The program was interrupted meanwhile; the kernel will never close what it was not given.
  close(*kept);
  delete kept;
  if (made != nullptr) host->beliefs_.forget(made->ino, 1);
}

void Calls::open(fuse_ino_t id, const fuse_file_info& info) const {
  Request what = make(Action::open, id);
  what.flags = info.flags;
  send(std::move(what), [self = *this, info](const Reply& reply, std::vector<Expired>& expired) {
    View& view = self.host->beliefs_.view(reply.node);
    const bool unchanged = view.seen_before && view.seen == reply.change;
    self.learn(reply, expired);
    // Attributes that are believed are those of before: ask again.
    if (!unchanged) ::fuse_lowlevel_notify_inval_inode(self.host->session_, reply.node->id, -1, 0);
    fuse_file_info opened = info;
    self.reply_open(opened, {reply.node, reply.file}, unchanged, nullptr);
  });
}

void Calls::create(fuse_ino_t parent, const char* name, mode_t mode,
                   const fuse_file_info& info) const {
  Request what = make(Action::create, parent, name);
  what.mode = mode;
  what.flags = info.flags;
  const NodePtr directory = what.node;
  const std::string entry_name = what.name;
  send(std::move(what), [self = *this, info, directory, entry_name](const Reply& reply,
                                                                    std::vector<Expired>& expired) {
    const fuse_entry_param made = self.entry(directory, entry_name, reply, expired);
    fuse_file_info opened = info;
    self.reply_open(opened, {reply.node, reply.file}, false, &made);
  });
}

void Calls::close(OpenFile& file) const {
  View& view = host->beliefs_.view(file.node);
  --view.opens;
  if (view.opens == 0 && view.silly_directory) {
    Request what;
    what.action = Action::unlink;
    what.host = host->options_.host;
    what.node = std::exchange(view.silly_directory, nullptr);
    what.name = view.silly_name;
    // Nobody waits for it, and nobody hears of its failure: like on NFS, the name stays then.
    host->courier_.send(
        std::move(what), [](const Reply&) {}, [] { return false; });
  }
  host->beliefs_.tidy(file.node->id);
}

void Calls::open_directory(fuse_ino_t id, const fuse_file_info& info) const {
  send(make(Action::list, id),
       [self = *this, info](const Reply& reply, std::vector<Expired>& expired) {
         self.learn(reply, expired);
         const Entries shown = self.host->beliefs_.listing(reply.node, reply.entries, reply.change);
         auto* const kept = new OpenDirectory{reply.node->id, shown};
         fuse_file_info opened = info;
         opened.fh = handle(kept);
         // What a listing shows can be looked up at once: so the answer waits until the kernel has
         // heard what expired.
         self.host->notifier_->expire(std::exchange(expired, {}), [self, opened, kept] {
           if (::fuse_reply_open(self.request, &opened) != 0) delete kept;
         });
       });
}

void Calls::read_directory(std::size_t size, off_t offset, const fuse_file_info& info) const {
  OpenDirectory& directory = object<OpenDirectory>(&info);
  const bool rewound = offset == 0 && directory.read;
  directory.read = true;
  if (!rewound) return reply_entries(directory, size, offset);
  Request what = make(Action::list, directory.id);
  send(std::move(what),
       [self = *this, &directory, size](const Reply& reply, std::vector<Expired>& expired) {
         self.learn(reply, expired);
         directory.entries = self.host->beliefs_.listing(reply.node, reply.entries, reply.change);
         self.reply_entries(directory, size, 0);
       });
}

void Calls::reply_entries(const OpenDirectory& directory, std::size_t size, off_t offset) const {
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

bool Calls::needs_silly_name(const NodePtr& directory, const char* name) const {
  if (!host->store_.manners().silly_rename || !directory) return false;
  const NodePtr victim = host->store_.known(*directory, name);
  View* const view = victim ? host->beliefs_.find(victim->id) : nullptr;
  return view != nullptr && view->opens > 0 && !view->silly_directory;
}

void Calls::give_silly_name(const NodePtr& directory, const std::string& name,
                            const std::function<void()>& then) const {
  const NodePtr victim = host->store_.known(*directory, name);
  char silly[40];
  std::snprintf(silly, sizeof silly, ".nfs%016llx%08x",
                static_cast<unsigned long long>(victim->key.inode),
                static_cast<unsigned>(victim->id));
  Request what = make(Action::rename, directory->id, name.c_str());
  what.other = directory;
  what.other_name = silly;
  send(std::move(what), [self = *this, victim, directory, then, hidden = std::string(silly)](
                            const Reply&, std::vector<Expired>&) {
    View& view = self.host->beliefs_.view(victim);
    view.silly_directory = directory;
    view.silly_name = hidden;
    then();
  });
}

void Calls::unlink(fuse_ino_t parent, const char* name) const {
  const NodePtr directory = node(parent);
  if (needs_silly_name(directory, name)) {
    return give_silly_name(directory, name, [self = *this] { self.fail(0); });
  }
  send_plain(make(Action::unlink, parent, name));
}

void Calls::rename(fuse_ino_t parent, const char* name, fuse_ino_t other, const char* other_name,
                   unsigned flags) const {
  Request what = make(Action::rename, parent, name);
  what.other = node(other);
  what.other_name = other_name;
  what.flags = static_cast<int>(flags);
  if (!what.other) return fail(ESTALE);
  const bool same = host->store_.known(*what.other, other_name) ==
                    (what.node ? host->store_.known(*what.node, name) : nullptr);
  if (!same && needs_silly_name(what.other, other_name)) {
    return give_silly_name(what.other, other_name, [self = *this, what] { self.send_plain(what); });
  }
  send_plain(std::move(what));
}

namespace {

void on_init(void*, fuse_conn_info* connection) {
  // Copying is cheaper than splicing for the small messages of locks.
  connection->want &=
      ~static_cast<unsigned>(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
  connection->time_gran = 1;
}
void on_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  Calls(request).look_up(parent, name);
}
void on_forget(fuse_req_t request, fuse_ino_t id, std::uint64_t lookups) {
  Calls(request).forget(id, lookups);
  ::fuse_reply_none(request);
}
void on_getattr(fuse_req_t request, fuse_ino_t id, fuse_file_info*) {
  const Calls call(request);
  call.send(call.make(Action::stat, id), [call](const Reply& reply, std::vector<Expired>& expired) {
    call.reply_attributes(reply, expired);
  });
}
void on_setattr(fuse_req_t request, fuse_ino_t id, struct stat* values, int which,
                fuse_file_info*) {
  const Calls call(request);
  Request what = call.make(Action::set, id);
  what.values = *values;
  what.which = which;
  call.send(std::move(what), [call](const Reply& reply, std::vector<Expired>& expired) {
    call.reply_attributes(reply, expired);
  });
}
void on_readlink(fuse_req_t request, fuse_ino_t id) {
  const Calls call(request);
  call.send(call.make(Action::readlink, id), [call](const Reply& reply, std::vector<Expired>&) {
    ::fuse_reply_readlink(call.request, reply.data.c_str());
  });
}
void on_mkdir(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode) {
  const Calls call(request);
  Request what = call.make(Action::mkdir, parent, name);
  what.mode = mode;
  call.send_making(what, what.node, what.name);
}
void on_mknod(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, dev_t device) {
  const Calls call(request);
  Request what = call.make(Action::mknod, parent, name);
  what.mode = mode;
  what.device = device;
  call.send_making(what, what.node, what.name);
}
void on_symlink(fuse_req_t request, const char* target, fuse_ino_t parent, const char* name) {
  const Calls call(request);
  Request what = call.make(Action::symlink, parent, name);
  what.data = target;
  call.send_making(what, what.node, what.name);
}
void on_link(fuse_req_t request, fuse_ino_t id, fuse_ino_t parent, const char* name) {
  const Calls call(request);
  Request what = call.make(Action::link, id);
  what.other = call.node(parent);
  what.other_name = name;
  if (!what.other) return call.fail(ESTALE);
  call.send_making(what, what.other, what.other_name);
}
void on_unlink(fuse_req_t request, fuse_ino_t parent, const char* name) {
  Calls(request).unlink(parent, name);
}
void on_rmdir(fuse_req_t request, fuse_ino_t parent, const char* name) {
  const Calls call(request);
  call.send_plain(call.make(Action::rmdir, parent, name));
}
void on_rename(fuse_req_t request, fuse_ino_t parent, const char* name, fuse_ino_t other,
               const char* other_name, unsigned flags) {
  Calls(request).rename(parent, name, other, other_name, flags);
}
void on_open(fuse_req_t request, fuse_ino_t id, fuse_file_info* info) {
  Calls(request).open(id, *info);
}
void on_create(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode,
               fuse_file_info* info) {
  Calls(request).create(parent, name, mode, *info);
}
void on_read(fuse_req_t request, fuse_ino_t id, std::size_t size, off_t offset,
             fuse_file_info* info) {
  const Calls call(request);
  Request what = call.make(Action::read, id);
  what.file = object<OpenFile>(info).file;
  what.size = size;
  what.offset = offset;
  call.send(std::move(what), [call](const Reply& reply, std::vector<Expired>&) {
    ::fuse_reply_buf(call.request, reply.data.data(), reply.data.size());
  });
}
void on_write(fuse_req_t request, fuse_ino_t id, const char* data, std::size_t size, off_t offset,
              fuse_file_info* info) {
  const Calls call(request);
  Request what = call.make(Action::write, id);
  what.file = object<OpenFile>(info).file;
  what.data.assign(data, size);
  what.offset = offset;
  call.send(std::move(what), [call](const Reply& reply, std::vector<Expired>&) {
    ::fuse_reply_write(call.request, reply.size);
  });
}
void on_release(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  OpenFile& file = object<OpenFile>(info);
  Calls(request).close(file);
  delete &file;
  ::fuse_reply_err(request, 0);
}
void on_fsync(fuse_req_t request, fuse_ino_t id, int, fuse_file_info*) {
  const Calls call(request);
  call.send_plain(call.make(Action::sync, id));
}
void on_opendir(fuse_req_t request, fuse_ino_t id, fuse_file_info* info) {
  Calls(request).open_directory(id, *info);
}
void on_readdir(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset,
                fuse_file_info* info) {
  Calls(request).read_directory(size, offset, *info);
}
void on_releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  delete &object<OpenDirectory>(info);
  ::fuse_reply_err(request, 0);
}
void on_statfs(fuse_req_t request, fuse_ino_t) {
  const Calls call(request);
  call.send(call.make(Action::statfs, FUSE_ROOT_ID),
            [call](const Reply& reply, std::vector<Expired>&) {
              ::fuse_reply_statfs(call.request, &reply.system);
            });
}
// Locks of the kernel: refused, because the kernel would otherwise keep them on each host alone.
void on_getlk(fuse_req_t request, fuse_ino_t, fuse_file_info*, struct flock*) {
  ::fuse_reply_err(request, ENOLCK);
}
void on_setlk(fuse_req_t request, fuse_ino_t, fuse_file_info*, struct flock*, int) {
  ::fuse_reply_err(request, ENOLCK);
}
void on_flock(fuse_req_t request, fuse_ino_t, fuse_file_info*, int) {
  ::fuse_reply_err(request, ENOLCK);
}

}  // namespace

fuse_lowlevel_ops mount_calls() {
  fuse_lowlevel_ops calls{};
  calls.init = on_init;
  calls.lookup = on_lookup;
  calls.forget = on_forget;
  calls.getattr = on_getattr;
  calls.setattr = on_setattr;
  calls.readlink = on_readlink;
  calls.mkdir = on_mkdir;
  calls.mknod = on_mknod;
  calls.symlink = on_symlink;
  calls.link = on_link;
  calls.unlink = on_unlink;
  calls.rmdir = on_rmdir;
  calls.rename = on_rename;
  calls.open = on_open;
  calls.create = on_create;
  calls.read = on_read;
  calls.write = on_write;
  calls.release = on_release;
  calls.fsync = on_fsync;
  calls.opendir = on_opendir;
  calls.readdir = on_readdir;
  calls.releasedir = on_releasedir;
  calls.fsyncdir = on_fsync;
  calls.statfs = on_statfs;
  calls.getlk = on_getlk;
  calls.setlk = on_setlk;
  calls.flock = on_flock;
  return calls;
}

}  // namespace holdfast::harness::mount
