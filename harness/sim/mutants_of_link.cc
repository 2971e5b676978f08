// Mistakes that a lock of flufl.lock's kind can have.
#include <cerrno>

#include "harness/sim/flufl_exact.h"
#include "harness/sim/holdfast_contender.h"
#include "harness/sim/mutant.h"

namespace holdfast::harness::sim {
namespace {

Options link_options(const Setting& setting) {
  Options options = setting.options;
  options.protocol = ProtocolKind::link;
  return options;
}

/// A claim gets its time when it is made, and not again before it is linked.
class BornOld final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code set_modified(const std::string& path, os::WallTime time) override {
    return timed_.insert(path).second ? files().set_modified(path, time) : std::error_code();
  }

 private:
  std::set<std::string> timed_;
};

/// Waits for nobody's clock but its own.
std::unique_ptr<Contender> make_no_slop(const Setting& setting, os::System system) {
  Options options = link_options(setting);
  options.slop = {};
  return std::make_unique<HoldfastContender>(options, system);
}

template <class Files>
std::unique_ptr<Contender> make_with(const Setting& setting, os::System system) {
  return std::make_unique<Mutant>(link_options(setting), system, std::make_unique<Files>(system),
                                  nullptr, nullptr);
}

Kind link_mutant(const char* name, const char* about, Kind::Make make) {
  return {.name = name,
          .about = std::string("PLANTED: ") + about,
          .wall_clocks = true,
          .own = true,
          .make = make,
          .standing = file_standing};
}

}  // namespace

std::vector<Kind> mutants_of_link() {
  return {
      link_mutant("link_born_old", "does not renew its claim's time before it links it",
                  make_with<BornOld>),
      link_mutant("link_no_slop", "allows for no difference between two wall clocks", make_no_slop),
  };
}

}  // namespace holdfast::harness::sim
