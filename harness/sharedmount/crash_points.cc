#include "harness/sharedmount/crash_points.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "harness/sharedmount/hit.h"

namespace holdfast::harness::mount {
namespace {

bool has_ended(const Descriptor& process) {
  pollfd ended{process.number(), POLLIN, 0};
  return ::poll(&ended, 1, 0) != 0;
}

bool is_thread_of(pid_t process, pid_t thread) {
  const std::string place = "/proc/" + std::to_string(process) + "/task/" + std::to_string(thread);
  return ::access(place.c_str(), F_OK) == 0;
}

}  // namespace

Result<void> CrashPoints::add(pid_t leader, CrashPoint point) {
  Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, leader, 0)));
  if (!process) {
    return problem("process " + std::to_string(leader), "see it",
                   std::error_code(errno, std::system_category()));
  }
  if (::getpgid(leader) != leader) {
    return problem("process " + std::to_string(leader),
                   "leads no process group: others would be killed with it");
  }
  std::erase_if(groups_, [](const Group& group) { return has_ended(group.process); });
  groups_.push_back({leader, std::move(process), std::move(point)});
  return {};
}

CrashPoints::Groups::iterator CrashPoints::group_of(pid_t thread) {
  if (groups_.empty() || thread <= 0) return groups_.end();
  const pid_t leader = ::getpgid(thread);
  const auto found = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const Group& group) { return group.leader == leader; });
  if (found == groups_.end() || !has_ended(found->process)) return found;
  groups_.erase(found);
  return groups_.end();
}

bool CrashPoints::reached(Group& group, const Request& request) {
  const auto& wanted = group.point.operations;
  if (!wanted.empty() &&
      std::find(wanted.begin(), wanted.end(), text(request.action)) == wanted.end()) {
    return false;
  }
  if (!group.point.leader_too && is_thread_of(group.leader, request.caller.thread)) return false;
  return --group.point.at == 0;
}

void CrashPoints::kill(const Group& group, const std::string& what) {
  if (has_ended(group.process)) return;
  if (log_) log_(group.point, what);
  ::kill(-group.leader, SIGKILL);
}

void CrashPoints::send(Request request, Answer answer, Abandoned abandoned) {
  const auto at = started_ ? group_of(request.caller.thread) : groups_.end();
  if (at == groups_.end() || !reached(*at, request)) {
    return next_.send(std::move(request), std::move(answer), std::move(abandoned));
  }
  const auto group = std::make_shared<Group>(std::move(*at));
  groups_.erase(at);
  const std::string what = words(request, paths(request));
  if (group->point.before) {
    kill(*group, what);
    Reply none;
    none.error = EINTR;
    return answer(none);
  }
  next_.send(
      std::move(request),
      [this, group, what, answer = std::move(answer)](const Reply& reply) {
        kill(*group, what + ": " + outcome(reply.error));
        answer(reply);
      },
      std::move(abandoned));
}

}  // namespace holdfast::harness::mount
