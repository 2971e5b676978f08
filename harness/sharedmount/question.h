// One question of the kernel's, as libfuse hands it over, and all that answering it takes.
#pragma once

#include <fuse_lowlevel.h>

#include <functional>
#include <string>
#include <vector>

#include "harness/sharedmount/host_mount.h"

namespace holdfast::harness::mount {

/// Copied into the answers that come later. Asked of a session whose user data is a HostMount.
class Question {
 public:
  explicit Question(fuse_req_t request)
      : request_(request), host_(static_cast<HostMount*>(::fuse_req_userdata(request))) {}

  std::uint32_t host() const { return host_->options_.host; }
  fuse_req_t request() const { return request_; }
  Beliefs& beliefs() const { return host_->beliefs_; }
  Notifier& notifier() const { return *host_->notifier_; }
  Store& store() const { return host_->store_; }
  Courier& courier() const { return host_->courier_; }
  fuse_session* session() const { return host_->session_; }

  /// None: the kernel knows something that we have never told it, or that is forgotten.
  NodePtr node(fuse_ino_t id) const;
  Request make(Action action, fuse_ino_t id, const char* name = "") const;
  void fail(int error) const { ::fuse_reply_err(request_, error); }

  /// What is done with a reply; it may add to what expires, which the kernel is told afterwards.
  using Answers = std::function<void(const Reply&, std::vector<Expired>&)>;
  /// Sends it. What the reply says of directories is learnt before it is answered.
  void send_any(Request what, Answers answer) const;
  /// The same where an error is the kernel's answer as it is: `answer` gets the others.
  void send(Request what, Answers answer) const;
  /// For what is answered with success and nothing more.
  void send_plain(Request what) const;
  /// For what makes a new name in a directory.
  void send_making(Request what, const NodePtr& directory, const std::string& name) const;

  /// Believes what a reply says of its node; for how long, in seconds.
  double learn(const Reply& reply, std::vector<Expired>& expired) const;
  fuse_entry_param entry(const NodePtr& directory, const std::string& name, const Reply& reply,
                         std::vector<Expired>& expired) const;
  void reply_entry(const NodePtr& directory, const std::string& name, const Reply& reply,
                   std::vector<Expired>& expired) const;
  /// That there is no such name.
  void reply_no_entry(const NodePtr& directory, const std::string& name, const Reply& reply) const;
  void reply_attributes(const Reply& reply, std::vector<Expired>& expired) const;

 private:
  Nanoseconds name_given(const Place& place, const NodePtr& node) const;

  fuse_req_t request_;
  HostMount* host_;
};

/// What the kernel keeps for us with an open file.
inline std::uint64_t handle(const void* object) { return reinterpret_cast<std::uintptr_t>(object); }
template <class T>
T& object(const fuse_file_info* info) {
  return *reinterpret_cast<T*>(static_cast<std::uintptr_t>(info->fh));
}

}  // namespace holdfast::harness::mount
