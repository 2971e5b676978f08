// The mistake: a dead holder's lock is judged by its pid and then removed by its name.
//
// Between the two another waiter, who judged the same dead holder, has removed the name and made
// its own: that is what the second one removes. Both hold. Needs a holder that was killed and two
// waiters; the window is widened to kWindow, longer than any waiter sleeps between two looks.
#include <signal.h>

#include <cerrno>
#include <charconv>

#include "harness/contender/planted/planted.h"

namespace holdfast::harness {
namespace {

constexpr Duration kWindow = std::chrono::milliseconds(5);
static_assert(kWindow > kLongestPoll);

class TwoBreakers final : public PlantedLock {
 public:
  explicit TwoBreakers(const Station& station) : PlantedLock("planted:two-breakers", station) {}

  Answer acquire(Duration patience, const std::stop_token& stop) override {
    const std::string own_pid = std::to_string(system().host->self().pid);
    return poll(system(), patience, stop, [&] {
      Answer answer = make(own_pid);
      if (answer.why != Why::timeout || !holder_is_dead()) return answer;
      dawdle(kWindow);
      remove();
      return make(own_pid);
    });
  }
  Answer release() override { return remove(); }

 private:
  bool holder_is_dead() {
    constexpr std::size_t kMost = 32;
    std::string text;
    if (files().read(path(), kMost, text)) return false;
    pid_t pid = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, pid);
    if (parsed.ec != std::errc() || parsed.ptr != end || pid <= 0) return false;
    return ::kill(pid, 0) != 0 && errno == ESRCH;
  }
};

}  // namespace

std::unique_ptr<Contender> make_two_breakers(const Station& station) {
  return std::make_unique<TwoBreakers>(station);
}

}  // namespace holdfast::harness
