#include "harness/lab/launcher.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include "harness/lab/layout.h"

namespace holdfast::harness::lab {
namespace {

constexpr std::chrono::milliseconds kBetweenTries{100};
constexpr int kMostTries = 3600;  // six minutes: longer than a nemesis waits

}  // namespace

struct LabLauncher::Attempt {
  Attempt(boost::asio::io_context& context, const HostSeat& of, Connected then)
      : host(of), connected(std::move(then)), timer(context) {}
  HostSeat host;
  Connected connected;
  boost::asio::steady_timer timer;
  int tries = 0;
};

HostPlaces LabLauncher::places(const HostSeat&, const Places& run) const {
  HostPlaces places;
  places.locks = std::string(kMountPoint) + "/locks";
  places.history = run.run + "/history";
  places.logs = run.run + "/logs";
  places.scratch = "/run";
  places.own_kernel = true;
  return places;
}

void LabLauncher::launch(boost::asio::io_context& context, const HostSeat& host,
                         Connected connected) {
  attempt(std::make_shared<Attempt>(context, host, std::move(connected)));
}

void LabLauncher::attempt(const std::shared_ptr<Attempt>& of) {
  if (!is_down(of->host.name)) return of->connected(start(of->host));
  if (++of->tries == kMostTries) {
    return of->connected(problem("host " + of->host.name, "did not come back after its crash"));
  }
  of->timer.expires_after(kBetweenTries);
  of->timer.async_wait([this, of](const boost::system::error_code& error) {
    if (!error) attempt(of);
  });
}

Result<AgentStreams> LabLauncher::start(const HostSeat& host) {
  auto line = lab_.begin(host.name, {{"do", "exec"},
                                     {"words", {program_, "agent"}},
                                     {"errors", logs_ + "/" + host.name + ".err"}});
  if (!line) return tl::unexpected(line.error());
  const int output = ::fcntl(line->number(), F_DUPFD_CLOEXEC, 0);
  const int kept = ::fcntl(line->number(), F_DUPFD_CLOEXEC, 0);
  if (output < 0 || kept < 0) return problem("host " + host.name, "keep its line", system_error());
  const std::scoped_lock guard(mutex_);
  lines_[host.name] = Descriptor(kept);
  return AgentStreams{line->take(), output, 0};
}

bool LabLauncher::returns(const HostSeat& host) const { return is_down(host.name); }

bool LabLauncher::is_down(const std::string& host) const {
  const std::scoped_lock guard(mutex_);
  return down_.contains(host);
}

void LabLauncher::host_goes_down(const std::string& host) {
  const std::scoped_lock guard(mutex_);
  down_.insert(host);
}

void LabLauncher::host_is_back(const std::string& host) {
  const std::scoped_lock guard(mutex_);
  down_.erase(host);
}

void LabLauncher::hang_up(const std::string& host) {
  const std::scoped_lock guard(mutex_);
  const auto line = lines_.extract(host);
  if (line) ::shutdown(line.mapped().number(), SHUT_RDWR);
}

}  // namespace holdfast::harness::lab
