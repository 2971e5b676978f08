// The mistake: a release that removes the name twice, "in case the first did not arrive".
//
// The second removal comes kWindow after the first and hits whoever made the name in between: that
// successor still holds, and the next one comes in. Needs two waiters and holds longer than the
// window.
#include "harness/contender/planted/planted.h"

namespace holdfast::harness {
namespace {

constexpr Duration kWindow = std::chrono::milliseconds(3);
static_assert(kWindow > kLongestPoll);

class StolenRelease final : public PlantedLock {
 public:
  explicit StolenRelease(const Station& station) : PlantedLock("planted:stolen-release", station) {}

  Answer acquire(Duration patience, const std::stop_token& stop) override {
    return poll(system(), patience, stop, [this] { return make(""); });
  }
  Answer release() override {
    const Answer answer = remove();
    dawdle(kWindow);
    remove();
    return answer;
  }
};

}  // namespace

std::unique_ptr<Contender> make_stolen_release(const Station& station) {
  return std::make_unique<StolenRelease>(station);
}

}  // namespace holdfast::harness
