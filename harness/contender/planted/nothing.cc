// The mistake: nobody is ever refused. The answer of the one call that could is thrown away, and
// the file that it makes, once, stays.
#include "harness/contender/planted/planted.h"

namespace holdfast::harness {
namespace {

class Nothing final : public PlantedLock {
 public:
  explicit Nothing(const Station& station) : PlantedLock("planted:nothing", station) {}

  Answer acquire(Duration, const std::stop_token&) override {
    make("");
    return succeeded();
  }
  Answer release() override { return succeeded(); }
};

}  // namespace

std::unique_ptr<Contender> make_nothing(const Station& station) {
  return std::make_unique<Nothing>(station);
}

}  // namespace holdfast::harness
