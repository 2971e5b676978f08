// Mistakes in making a lock, and in getting rid of what was made in vain.
#include <cerrno>

#include "harness/sim/holdfast_contender.h"
#include "harness/sim/mutant.h"

namespace holdfast::harness::sim {
namespace {

bool is_init(const std::string& path) { return path.find(".init.") != std::string::npos; }

/// Makes the lock's directory at its place, and the first state within.
class MakesInPlace final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code make_directory(const std::string& path, std::uint32_t mode) override {
    const auto error = files().make_directory(placed(path), mode);
    return error.value() == EEXIST ? std::error_code() : error;
  }
  std::error_code create(const std::string& path, const std::string& contents,
                         std::uint32_t mode) override {
    return files().create(placed(path), contents, mode);
  }
  std::error_code rename(const std::string& from, const std::string& to) override {
    if (is_init(from) && to == kLock) return {};
    return files().rename(placed(from), placed(to));
  }

 private:
  static std::string placed(const std::string& path) {
    if (!is_init(path)) return path;
    const std::size_t below = path.find('/', path.find(".init."));
    return kLock + (below == std::string::npos ? "" : path.substr(below));
  }
};

/// Makes the first state under its own name: a late copy of that request makes a second one.
class MakesStateDirectly final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code create(const std::string& path, const std::string& contents,
                         std::uint32_t mode) override {
    return is_seed(path) ? std::error_code() : files().create(path, contents, mode);
  }
  std::error_code rename(const std::string& from, const std::string& to) override {
    return is_seed(from) ? files().create(to, "", 0666) : files().rename(from, to);
  }

 private:
  static bool is_seed(const std::string& path) { return path.find("/seed.") != std::string::npos; }
};

/// Empties a directory that it could not put in its place where it stands, under its old name.
class EmptiesInPlace final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code rename(const std::string& from, const std::string& to) override {
    if (to.find(".trash.") == std::string::npos) return files().rename(from, to);
    places_[to] = from;
    return {};
  }
  std::error_code list(const std::string& directory, std::size_t most,
                       os::Listing& found) override {
    return files().list(place_of(directory), most, found);
  }
  std::error_code unlink(const std::string& path) override {
    const std::size_t slash = path.rfind('/');
    return files().unlink(place_of(path.substr(0, slash)) + path.substr(slash));
  }
  std::error_code remove_directory(const std::string& path) override {
    return files().remove_directory(place_of(path));
  }

 private:
  std::string place_of(const std::string& path) const {
    const auto known = places_.find(path);
    return known == places_.end() ? path : known->second;
  }
  std::map<std::string, std::string> places_;
};

template <class Files>
std::unique_ptr<Contender> make_with(const Setting& setting, os::System system) {
  return std::make_unique<Mutant>(setting.options, system, std::make_unique<Files>(system), nullptr,
                                  nullptr);
}

}  // namespace

std::vector<Kind> mutants_of_making() {
  return {
      baton_mutant("baton_made_in_place", "makes the lock's directory where it is to be",
                   make_with<MakesInPlace>),
      baton_mutant("baton_state_directly", "makes the first state by CREATE",
                   make_with<MakesStateDirectly>),
      baton_mutant("baton_empties_in_place", "empties its own directory of unknown fate",
                   make_with<EmptiesInPlace>),
  };
}

}  // namespace holdfast::harness::sim
