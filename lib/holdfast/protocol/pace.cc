#include <holdfast/protocol/pace.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace holdfast {
namespace {

constexpr Duration kFirst = std::chrono::microseconds(50);
// Longer than a tick of the kernel: a timer that is the next to fire costs about 4 us when an event
// comes first, as much as a rename.
constexpr Duration kFirstTold = std::chrono::milliseconds(20);
constexpr Duration kTouchAfter = std::chrono::seconds(1);  // and up to as much again
constexpr int kKeepWatch = 64;  // grants without a wait after which the watch is given up

}  // namespace

Duration Backoff::next(std::uint64_t random) {
  const Duration whole = next_;
  next_ = std::min(most_, next_ * 2);
  const Duration half = whole / 2;
  return half + Duration(static_cast<Duration::rep>(
                    random % static_cast<std::uint64_t>(std::max<Duration::rep>(half.count(), 1))));
}

void Backoff::quicken(Duration floor) {
  next_ = std::min(next_, std::max({least_, floor, next_ / 4}));
}

Pace::Pace(std::string directory, Duration max_poll, Duration spin, os::System system)
    : directory_(std::move(directory)),
      spin_(spin),
      system_(system),
      poll_(std::min(kFirst, max_poll), max_poll) {}

void Pace::begin(os::RawTime granted) {
  if (waits_since_) quick_before_ = granted >= *waits_since_ && granted - *waits_since_ <= spin_;
  waits_since_.reset();
  if (!events_tell_) poll_.restart();
}

void Pace::saw(bool change) {
  if (change) {
    events_tell_ = newest_ == os::Wake::changed;
    poll_.quicken(events_tell_ ? kFirstTold : Duration::zero());
  }
  if (change || !touch_at_) plan_touch();
}

bool Pace::touch_due() const { return touch_at_ && system_.clock->now().raw >= *touch_at_; }

void Pace::plan_touch() {
  const auto jitter = static_cast<Duration::rep>(system_.host->random_bits() %
                                                 static_cast<std::uint64_t>(kTouchAfter.count()));
  touch_at_ = system_.clock->now().raw + kTouchAfter + Duration(jitter);
}

os::Wake Pace::wait(Duration at_most, const std::optional<os::Process>& holder,
                    const std::stop_token& stop) {
  unneeded_ = 0;
  if (!touch_at_ || touch_due()) plan_touch();
  const bool new_watch = !watch_;
  if (new_watch) {
    watch_ = system_.host->watch(directory_);
    watched_.reset();
  }
  if (watched_ != holder) {
    watched_ = holder;
    watch_->watch_process(holder);
  }
  if (new_watch) {
    watch_->wait(Duration::zero(), stop);
    return os::Wake::changed;
  }
  if (!watch_->notified()) events_tell_ = false;
  const os::RawTime now = system_.clock->now().raw;
  if (!waits_since_) waits_since_ = now;
  const Duration until_touch = *touch_at_ - now;
  const Duration delay = std::min({at_most, poll_.next(system_.host->random_bits()), until_touch});
  ++counts_.waits;
  if (!watch_->notified()) ++counts_.unnotified;
  watch_->spin(spin_left(now));
  newest_ = watch_->wait(std::max(delay, Duration::zero()), stop);
  if (newest_ == os::Wake::changed || newest_ == os::Wake::ended) ++counts_.woken;
  return newest_;
}

Duration Pace::spin_left(os::RawTime now) const {
  if (!quick_before_) return {};
  return std::max(Duration::zero(), spin_ - (now - *waits_since_));
}

void Pace::not_needed() {
  if (watch_ && ++unneeded_ > kKeepWatch) watch_.reset();
}

}  // namespace holdfast
