#include "harness/sharedmount/question.h"

#include <cerrno>

#include "harness/sharedmount/killed.h"

namespace holdfast::harness::mount {
namespace {

/// Where a change adds names, or removes them.
std::vector<NodePtr> changed_directories(const Request& what) {
  std::vector<NodePtr> all;
  if (!is_change(what.action)) return all;
  if (!what.name.empty()) all.push_back(what.node);
  if (what.other) all.push_back(what.other);
  return all;
}

/// What the kernel knows of names by a change that was carried out.
std::function<void(Beliefs&)> name_change(const Request& what) {
  const Place from{what.node, what.name};
  if (what.action == Action::unlink || what.action == Action::rmdir) {
    return [from](Beliefs& beliefs) { beliefs.name_removed(from); };
  }
  if (what.action == Action::rename) {
    return [from, to = Place{what.other, what.other_name}](Beliefs& beliefs) {
      beliefs.name_moved(from, to);
    };
  }
  return nullptr;
}

double seconds(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

NodePtr Question::node(fuse_ino_t id) const {
  View* const view = beliefs().find(id);
  return view == nullptr ? nullptr : view->node;
}

Request Question::make(Action action, fuse_ino_t id, const char* name) const {
  const fuse_ctx* const context = ::fuse_req_ctx(request_);
  Request made;
  made.action = action;
  made.host = host();
  made.caller = {context->uid, context->gid, context->pid};
  made.node = node(id);
  made.name = name;
  if (made.name.empty()) {
    const KnownNames& names = beliefs().known_names();
    made.known_as = is_of_open_file(action)
                        ? names.all(id)
                        : names.used(id, context->pid, std::chrono::steady_clock::now());
  }
  return made;
}

void Question::send_any(Request what, Answers answer) const {
  if (!what.node) return fail(ESTALE);
  const bool change = is_change(what.action);
  const pid_t program = ::fuse_req_ctx(request_)->pid;
  const std::vector<NodePtr> changed = changed_directories(what);
  const auto names = name_change(what);
  courier().send(
      std::move(what),
      [self = *this, change, changed, names, answer = std::move(answer)](const Reply& reply) {
        std::vector<Expired> expired;
        self.beliefs().learn(reply, change, std::chrono::steady_clock::now(), expired);
        if (names && reply.error == 0) names(self.beliefs());
        for (const NodePtr& directory : changed) self.beliefs().tried_to_change(directory);
        answer(reply, expired);
        self.notifier().expire(std::move(expired));
      },
      [self = *this, program] {
        return ::fuse_req_interrupted(self.request_) != 0 && is_killed(program);
      });
}

void Question::send(Request what, Answers answer) const {
  send_any(std::move(what), [self = *this, answer = std::move(answer)](
                                const Reply& reply, std::vector<Expired>& expired) {
    if (reply.error != 0) return self.fail(reply.error);
    answer(reply, expired);
  });
}

void Question::send_plain(Request what) const {
  send_any(std::move(what),
           [self = *this](const Reply& reply, std::vector<Expired>&) { self.fail(reply.error); });
}

void Question::send_making(Request what, const NodePtr& directory, const std::string& name) const {
  send(std::move(what),
       [self = *this, directory, name](const Reply& reply, std::vector<Expired>& expired) {
         self.reply_entry(directory, name, reply, expired);
       });
}

double Question::learn(const Reply& reply, std::vector<Expired>& expired) const {
  beliefs().learn(reply.node, reply.change, std::chrono::steady_clock::now(), expired);
  return seconds(beliefs().view(reply.node).trust);
}

Nanoseconds Question::name_given(const Place& place, const NodePtr& node) const {
  const pid_t thread = ::fuse_req_ctx(request_)->pid;
  return beliefs().name_given(place, node, thread, std::chrono::steady_clock::now());
}

fuse_entry_param Question::entry(const NodePtr& directory, const std::string& name,
                                 const Reply& reply, std::vector<Expired>& expired) const {
  fuse_entry_param made{};
  made.ino = reply.node->id;
  made.generation = 1;
  made.attr = reply.status;
  if (!reply.passing) {
    made.attr_timeout = learn(reply, expired);
    made.entry_timeout = seconds(name_given({directory, name}, reply.node));
  }
  beliefs().introduce(reply.node);
  return made;
}

void Question::reply_entry(const NodePtr& directory, const std::string& name, const Reply& reply,
                           std::vector<Expired>& expired) const {
  const fuse_entry_param made = entry(directory, name, reply, expired);
  if (::fuse_reply_entry(request_, &made) != 0) beliefs().forget(made.ino, 1);
}

void Question::reply_no_entry(const NodePtr& directory, const std::string& name,
                              const Reply& reply) const {
  fuse_entry_param none{};  // no node: the kernel remembers that there is none
  if (!reply.passing) none.entry_timeout = seconds(name_given({directory, name}, nullptr));
  ::fuse_reply_entry(request_, &none);
}

void Question::reply_attributes(const Reply& reply, std::vector<Expired>& expired) const {
  const double trust = learn(reply, expired);
  ::fuse_reply_attr(request_, &reply.status, trust);
}

}  // namespace holdfast::harness::mount
