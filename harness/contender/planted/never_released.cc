// The mistake: a release that reports success and does nothing. Everybody else waits for ever.
#include "harness/contender/planted/planted.h"

namespace holdfast::harness {
namespace {

class NeverReleased final : public PlantedLock {
 public:
  explicit NeverReleased(const Station& station) : PlantedLock("planted:never-released", station) {}

  Answer acquire(Duration patience, const std::stop_token& stop) override {
    return poll(system(), patience, stop, [this] { return make(""); });
  }
  Answer release() override { return succeeded(); }
};

}  // namespace

std::unique_ptr<Contender> make_never_released(const Station& station) {
  return std::make_unique<NeverReleased>(station);
}

}  // namespace holdfast::harness
