// Mistakes that a fence can have: in refusing, and in collecting.
#include <cerrno>
#include <charconv>

#include "harness/sim/mutant.h"

namespace holdfast::harness::sim {
namespace {

std::string_view last_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }
bool is_value(std::string_view path) { return last_name(path).starts_with("value,"); }

std::uint64_t number_after_comma(std::string_view name) {
  std::uint64_t number = 0;
  const std::size_t at = name.find(',') + 1;
  std::from_chars(name.data() + at, name.data() + name.size(), number);
  return number;
}

/// Replaces whatever value is there, where its own is gone.
class WritesLate final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code rename(const std::string& from, const std::string& to) override {
    const auto error = files().rename(from, to);
    const bool raises = to.find(",0,") != std::string::npos;
    if (error.value() != ENOENT || !is_value(from) || raises) return error;
    os::Listing listing;
    if (files().list(kFence, 10, listing)) return error;
    for (const std::string& name : listing.names) {
      if (is_value(name)) return files().rename(std::string(kFence) + '/' + name, to);
    }
    return error;
  }
};

/// Shows blobs under other names, by which a collector believes that it may remove them.
class Mislabels : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code rename(const std::string& from, const std::string& to) override {
    const auto error = files().rename(from, to);
    if (!error && is_value(to)) token_ = number_after_comma(last_name(to));
    return error;
  }
  std::error_code list(const std::string& directory, std::size_t most,
                       os::Listing& found) override {
    const auto error = files().list(directory, most, found);
    if (error || !directory.ends_with(".blobs")) return error;
    for (std::string& name : found.names) {
      const std::string shown = label(name, number_after_comma(name));
      real_[directory + '/' + shown] = directory + '/' + name;
      name = shown;
    }
    return error;
  }
  std::error_code unlink(const std::string& path) override {
    const auto known = real_.find(path);
    return files().unlink(known == real_.end() ? path : known->second);
  }

 protected:
  virtual std::string label(const std::string& name, std::uint64_t token) const = 0;
  std::uint64_t token_ = 0;  // its own

 private:
  std::map<std::string, std::string> real_;
};

/// What is of another token than its own is of an older one, surely.
class CollectsSuccessors final : public Mislabels {
 public:
  using Mislabels::Mislabels;

 protected:
  std::string label(const std::string& name, std::uint64_t token) const override {
    return token > token_ ? "blob,1," + name.substr(name.rfind(',') + 1) : name;
  }
};

/// What its own raise has carried on is of an older token as well.
class CollectsCarried final : public Mislabels {
 public:
  using Mislabels::Mislabels;

 protected:
  std::string label(const std::string& name, std::uint64_t token) const override {
    if (token >= token_) return name;
    std::string other = name;
    other.back() = other.back() == '0' ? '1' : '0';
    return other;
  }
};

template <class Files>
std::unique_ptr<Contender> make_with(const Setting& setting, os::System system) {
  return std::make_unique<Mutant>(setting.options, system, std::make_unique<Files>(system), nullptr,
                                  nullptr);
}

}  // namespace

std::vector<Kind> mutants_of_fence() {
  return {
      baton_mutant("fence_writes_late", "publishes over a higher token's value",
                   make_with<WritesLate>),
      baton_mutant("fence_collects_successors", "collects blobs of tokens above its own",
                   make_with<CollectsSuccessors>),
      baton_mutant("fence_collects_carried", "collects the blob that its own raise carried on",
                   make_with<CollectsCarried>),
  };
}

}  // namespace holdfast::harness::sim
