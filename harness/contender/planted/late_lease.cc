// The mistake: a lease is counted by its holder from when it heard of its grant.
//
// What the others count from is when the lock was written. Between the two lies the reply's way,
// which takes kWindow if the lock was free, and no time if a lease that was over is taken over: for
// that long at its end a holder works on while another has the lock. Two workers, so that no second
// mistake hides this one: there is never a second breaker.
#include <charconv>

#include "harness/contender/planted/planted.h"

namespace holdfast::harness {
namespace {

constexpr Duration kWindow = std::chrono::milliseconds(30);

class LateLease final : public PlantedLock {
 public:
  LateLease(const ContenderSpec& spec, const Station& station)
      : PlantedLock("planted:late-lease", station), lifetime_(spec.lifetime) {
    traits_.own = true;
    traits_.leases = true;
  }

  Answer acquire(Duration patience, const std::stop_token& stop) override {
    bool was_free = false;
    Answer answer = poll(system(), patience, stop, [&] {
      mark_ = std::to_string((now() + lifetime_).count());
      const Answer made = make(mark_);
      was_free = made.why != Why::timeout;
      if (was_free) return made;
      const auto end = end_of(written());
      if (!end || now() < *end) return failed(Why::timeout);
      remove();
      return make(mark_);
    });
    if (answer.phase != Phase::ok) return answer;
    if (was_free) dawdle(kWindow);
    answer.until_ns = (now() + lifetime_).count();
    return answer;
  }

  Answer release() override { return written() == mark_ ? remove() : failed(Why::lost); }

 private:
  Duration now() { return system().clock->now().raw.time_since_epoch(); }

  /// What the lock says: when its lease is over, which is nobody else's to the nanosecond.
  std::string written() {
    constexpr std::size_t kMost = 32;
    std::string text;
    return files().read(path(), kMost, text) ? "" : text;
  }

  static std::optional<Duration> end_of(const std::string& text) {
    Duration::rep end = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), end);
    if (text.empty() || parsed.ec != std::errc()) return std::nullopt;
    return Duration(end);
  }

  Duration lifetime_;
  std::string mark_;
};

}  // namespace

std::unique_ptr<Contender> make_late_lease(const ContenderSpec& spec, const Station& station) {
  return std::make_unique<LateLease>(spec, station);
}

}  // namespace holdfast::harness
