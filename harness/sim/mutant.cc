#include "harness/sim/mutant.h"

#include <iterator>
#include <utility>

#include "harness/sim/holdfast_contender.h"

namespace holdfast::harness::sim {

Mutant::Mutant(const Options& options, os::System real, std::unique_ptr<os::Files> files,
               std::unique_ptr<os::Clock> clock, std::unique_ptr<os::Host> host)
    : files_(std::move(files)), clock_(std::move(clock)), host_(std::move(host)) {
  if (files_) real.files = files_.get();
  if (clock_) real.clock = clock_.get();
  if (host_) real.host = host_.get();
  lock_ = std::make_unique<HoldfastContender>(options, real);
}

Mutant::~Mutant() = default;

Lock* Mutant::own() { return lock_->own(); }
Fence* Mutant::fence() { return lock_->fence(); }
std::error_code Mutant::acquire(Duration patience) { return lock_->acquire(patience); }
std::error_code Mutant::refresh() { return lock_->refresh(); }
std::error_code Mutant::release() { return lock_->release(); }
Duration Mutant::remaining() const { return lock_->remaining(); }
Token Mutant::token() const { return lock_->token(); }

Kind baton_mutant(const char* name, const char* about, Kind::Make make) {
  return {.name = name,
          .about = std::string("PLANTED: ") + about,
          .tokens = true,
          .own = true,
          .make = make,
          .standing = baton_standing,
          .prepare = prepare_baton};
}

std::vector<Kind> mutants() {
  std::vector<Kind> all;
  for (auto& some : {mutants_of_time(), mutants_of_names(), mutants_of_making(), mutants_of_fence(),
                     mutants_of_link()}) {
    std::copy(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace holdfast::harness::sim
