#include "harness/fleet/attack.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "harness/history/recorder.h"

namespace holdfast::harness {

Attack::Attack(boost::asio::io_context& context, const Scenario& scenario, std::uint64_t seed,
               Means means)
    : means_(std::move(means)), schedule_(scenario, seed), timer_(context) {}

void Attack::begin(std::int64_t start_ns) {
  start_ns_ = start_ns;
  next_strike();
}

void Attack::end() {
  over_ = true;
  timer_.cancel();
}

void Attack::next_strike() {
  const auto strike = schedule_.next();
  if (!strike || over_) return;
  const std::int64_t wait_ns = start_ns_ + strike->at_ns - recorder_now_ns();
  timer_.expires_after(std::chrono::nanoseconds(std::max<std::int64_t>(0, wait_ns)));
  timer_.async_wait([this, strike = *strike](const boost::system::error_code& error) {
    if (error || over_) return;
    send_out(strike);
    next_strike();
  });
}

void Attack::send_out(const Strike& strike) {
  if (strike.whom == Strike::Whom::holder) {
    searches_[strike.id] = strike;
    return look_for_holder(searches_[strike.id]);
  }
  for (const std::uint32_t host : strike.hosts) {
    if (!means_.send(host, strike)) refuse(strike, host, "its agent is lost");
  }
}

void Attack::nobody_inside(std::uint32_t strike) {
  const auto found = searches_.find(strike);
  if (found != searches_.end()) look_for_holder(found->second);
}

/// Asks the next host of the strike; `hosts` are those that have not been asked yet.
void Attack::look_for_holder(Strike& strike) {
  while (!strike.hosts.empty()) {
    const std::uint32_t host = strike.hosts.front();
    strike.hosts.erase(strike.hosts.begin());
    if (means_.send(host, strike)) return;
  }
  const auto over = searches_.extract(strike.id);
  refuse(over.mapped(), kNobody, "nobody was inside");
}

void Attack::refuse(const Strike& strike, std::uint32_t host, const std::string& why) {
  Fault fault;
  fault.kind = name(strike.kind);
  fault.target = strike.target;
  fault.host = host;
  fault.start_ns = fault.end_ns = recorder_now_ns();
  fault.planned_pause_ns = strike.pause_ns;
  fault.why_not = why;
  means_.refuse(std::move(fault));
}

}  // namespace holdfast::harness
