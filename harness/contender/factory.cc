#include "harness/contender/factory.h"

#include "harness/contender/kernel_lock.h"
#include "harness/contender/name_lock.h"
#include "harness/contender/options.h"
#include "harness/contender/own.h"
#include "harness/contender/planted/planted.h"
#include "harness/contender/program.h"

namespace holdfast::harness {
namespace {

using Made = Result<std::unique_ptr<Contender>>;

struct BuiltIn {
  std::string_view name;
  bool own;      ///< takes options
  bool records;  ///< its file operations
  Made (*make)(const ContenderSpec&, const Station&);
};

template <std::unique_ptr<Contender> (*make)(const Station&)>
Made planted(const ContenderSpec&, const Station& station) {
  return make(station);
}

Made late_lease(const ContenderSpec& spec, const Station& station) {
  return make_late_lease(spec, station);
}

Made kernel(const ContenderSpec& spec, const Station& station) {
  return make_kernel_lock(spec.lock, station);
}

Made name(const ContenderSpec& spec, const Station& station) {
  return make_name_lock(spec.lock, station);
}

constexpr BuiltIn kBuiltIn[] = {
    {"baton", true, true, make_own_lock},
    {"link", true, true, make_own_lock},
    {"flock", false, false, kernel},
    {"fcntl", false, false, kernel},
    {"ofd", false, false, kernel},
    {"excl", false, true, name},
    {"mkdir", false, true, name},
    {"symlink", false, true, name},
    {"planted:nothing", false, true, planted<make_nothing>},
    {"planted:two-breakers", false, true, planted<make_two_breakers>},
    {"planted:stolen-release", false, true, planted<make_stolen_release>},
    {"planted:never-released", false, true, planted<make_never_released>},
    {"planted:late-lease", false, true, late_lease},
};

std::string known_names() {
  std::string list;
  for (const BuiltIn& known : kBuiltIn)
    list += (list.empty() ? "" : ", ") + std::string(known.name);
  return list;
}

const BuiltIn* find(std::string_view lock) {
  for (const BuiltIn& known : kBuiltIn) {
    if (known.name == lock) return &known;
  }
  return nullptr;
}

}  // namespace

Made make_contender(const ContenderSpec& spec, const Station& station) {
  if (spec.lock.empty()) return make_program(spec, station);
  const BuiltIn* const known = find(spec.lock);
  if (known == nullptr) {
    return problem("/contender/lock",
                   "there is no lock \"" + spec.lock + "\", there are " + known_names() +
                       "; any other lock is a program over the contender protocol");
  }
  if (!known->own) {
    if (auto checked = no_options(spec); !checked) return tl::unexpected(checked.error());
  }
  return known->make(spec, station);
}

Result<Traits> describe_contender(const ContenderSpec& spec, const Station& station) {
  Station own = station;
  own.alone = true;
  auto contender = make_contender(spec, own);
  if (!contender) return tl::unexpected(contender.error());
  return (*contender)->traits();
}

bool records_files(const ContenderSpec& spec) {
  const auto* const found = find(spec.lock);
  return spec.record_files && found != nullptr && found->records;
}

}  // namespace holdfast::harness
