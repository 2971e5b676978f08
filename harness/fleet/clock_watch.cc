#include "harness/fleet/clock_watch.h"

#include "harness/history/recorder.h"

namespace holdfast::harness {
namespace {

using std::chrono::milliseconds;

/// Often at first: a run can be short, and the fastest of several exchanges is a good one.
constexpr std::uint64_t kFirst = 10;
constexpr milliseconds kBetweenFirst{10};
constexpr milliseconds kBetween{250};
constexpr std::size_t kMostSamples = 4000;

/// Of each two neighbours only the better one is kept.
void thin(std::vector<ClockSample>& samples) {
  std::vector<ClockSample> kept;
  for (std::size_t i = 0; i + 1 < samples.size(); i += 2) {
    kept.push_back(samples[i].error_ns <= samples[i + 1].error_ns ? samples[i] : samples[i + 1]);
  }
  if (samples.size() % 2 != 0) kept.push_back(samples.back());
  samples = std::move(kept);
}

}  // namespace

ClockWatch::ClockWatch(boost::asio::io_context& context, std::function<void(const AskClock&)> ask)
    : timer_(context), ask_(std::move(ask)) {
  this->ask();
}

void ClockWatch::ask() {
  ask_(AskClock{recorder_now_ns()});
  timer_.expires_after(++asked_ < kFirst ? kBetweenFirst : kBetween);
  // A timer that has run out already is not cancelled by anybody: its handler comes all the same.
  timer_.async_wait(
      [this, going = std::weak_ptr<bool>(going_)](const boost::system::error_code& error) {
        if (!error && !going.expired()) this->ask();
      });
}

void ClockWatch::stop() {
  going_.reset();
  timer_.cancel();
}

void ClockWatch::told(const ClockTold& told, std::int64_t back_ns) {
  samples_.push_back(sample_of(told.sent_ns, told.got_ns, told.answered_ns, back_ns));
  if (samples_.size() > kMostSamples) thin(samples_);
}

}  // namespace holdfast::harness
