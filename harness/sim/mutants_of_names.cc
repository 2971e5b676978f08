// Mistakes about what a rename did, and what a listing shows.
#include <cerrno>
#include <charconv>

#include "harness/sim/holdfast_contender.h"
#include "harness/sim/mutant.h"

namespace holdfast::harness::sim {
namespace {

std::error_code made(int error) { return {error, std::system_category()}; }

std::string_view last_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }
bool is_held(std::string_view path) { return last_name(path).starts_with("held,"); }
bool is_free(std::string_view path) { return last_name(path).starts_with("free,"); }

/// Touches nothing: what a listing shows is believed as it is.
class NoTouch final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code touch(const std::string&) override { return {}; }
};

/// A name that is gone was taken by an earlier sending of the same request, surely.
class GoneIsMine final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code rename(const std::string& from, const std::string& to) override {
    const auto error = files().rename(from, to);
    return error.value() == ENOENT && is_held(to) ? std::error_code() : error;
  }
};

/// After "no such file" it believes the listing that it had before.
class NoLook final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code rename(const std::string& from, const std::string& to) override {
    const auto error = files().rename(from, to);
    gone_ = error.value() == ENOENT && from.starts_with(std::string(kLock) + '/');
    return error;
  }
  std::error_code touch(const std::string& path) override {
    return gone_ && path == kLock ? std::error_code() : files().touch(path);
  }
  std::error_code list(const std::string& directory, std::size_t most,
                       os::Listing& found) override {
    const bool as_before = gone_ && directory == kLock && !listing_.names.empty();
    gone_ = false;
    if (as_before) {
      found = listing_;
      return {};
    }
    const auto error = files().list(directory, most, found);
    if (!error && directory == kLock) listing_ = found;
    return error;
  }

 private:
  bool gone_ = false;
  os::Listing listing_;
};

/// Whose state is gone when it gives the lock back, has lost it: what is there is another's.
class AppliedIsLost final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code rename(const std::string& from, const std::string& to) override {
    const auto known = real_names_.find(from);
    const auto error = files().rename(known == real_names_.end() ? from : known->second, to);
    gone_.clear();
    if (error.value() == ENOENT && is_held(from) && is_free(to)) gone_ = last_name(to);
    return error;
  }
  std::error_code list(const std::string& directory, std::size_t most,
                       os::Listing& found) override {
    const auto error = files().list(directory, most, found);
    for (std::string& name : found.names) {
      if (gone_.empty() || name != gone_) continue;
      std::uint64_t generation = 0;
      std::from_chars(name.data() + 5, name.data() + name.size(), generation);
      const std::string next = std::to_string(generation + 1);
      const std::string shown = "free," + next + ',' + next + ",1";
      real_names_[directory + '/' + shown] = directory + '/' + name;
      name = shown;
    }
    return error;
  }

 private:
  std::string gone_;  // what its release was to make
  std::map<std::string, std::string> real_names_;
};

/// An error of the network is a failure, and that is that.
class ErrorIsFailure final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code rename(const std::string& from, const std::string& to) override {
    const auto error = files().rename(from, to);
    if (error.value() != EIO || !is_held(to)) return error;
    broken_ = true;
    return made(EACCES);
  }
  /// The look that would show what became of it is not made.
  std::error_code touch(const std::string& path) override {
    return broken_ ? made(EACCES) : files().touch(path);
  }
  std::error_code create(const std::string& path, const std::string& contents,
                         std::uint32_t mode) override {
    return broken_ ? made(EACCES) : files().create(path, contents, mode);
  }
  std::error_code list(const std::string& directory, std::size_t most,
                       os::Listing& found) override {
    const auto error = files().list(directory, most, found);
    broken_ = false;
    return error;
  }

 private:
  bool broken_ = false;
};

/// An error of the network means that only the reply was lost.
class ErrorIsSuccess final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code rename(const std::string& from, const std::string& to) override {
    const auto error = files().rename(from, to);
    return error.value() == EIO ? std::error_code() : error;
  }
};

/// Takes over by removing the old state and making a new one.
class BreakByUnlink final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code rename(const std::string& from, const std::string& to) override {
    if (!is_held(from) || !is_held(to) || mine_ == from) {
      const auto error = files().rename(from, to);
      if (!error && is_held(to)) mine_ = to;
      return error;
    }
    const auto gone = files().unlink(from);
    if (gone && gone.value() != ENOENT) return gone;
    const auto error = files().create(to, "", 0666);
    if (!error) mine_ = to;
    return error;
  }

 private:
  std::string mine_;
};

/// Gives the lock back by making it free, whoever holds it.
class ForcedRelease final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code rename(const std::string& from, const std::string& to) override {
    const auto error = files().rename(from, to);
    if (error.value() != ENOENT || !is_held(from) || !is_free(to)) return error;
    os::Listing listing;
    if (files().list(kLock, 10, listing)) return error;
    for (const std::string& name : listing.names) {
      if (is_held(name)) return files().rename(std::string(kLock) + '/' + name, to);
    }
    return error;
  }
};

/// What it shows of others' states is not what is there; on the way back that is undone.
class Disguise : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code rename(const std::string& from, const std::string& to) override {
    const auto known = real_names_.find(from);
    if (is_held(to)) own_.insert(to);
    return files().rename(known == real_names_.end() ? from : known->second, to);
  }
  std::error_code list(const std::string& directory, std::size_t most,
                       os::Listing& found) override {
    const auto error = files().list(directory, most, found);
    if (error || directory != kLock) return error;
    for (std::string& name : found.names) {
      const std::string real = directory + '/' + name;
      if (!is_held(name) || own_.contains(real)) continue;
      name = disguised(name);
      real_names_[directory + '/' + name] = real;
    }
    return error;
  }

 protected:
  virtual std::string disguised(const std::string& name) = 0;
  /// The name with the n-th of its fields replaced.
  static std::string with_field(const std::string& name, int n, const std::string& value) {
    std::size_t at = 0;
    while (n-- > 0) at = name.find(',', at) + 1;
    const std::size_t end = std::min(name.find(',', at), name.size());
    return name.substr(0, at) + value + name.substr(end);
  }

 private:
  std::map<std::string, std::string> real_names_;
  std::set<std::string> own_;
};

/// A state that was renewed is the state that it was: only grants count as news.
class IgnoresRenewals final : public Disguise {
 public:
  using Disguise::Disguise;

 protected:
  std::string disguised(const std::string& name) override {
    return with_field(with_field(name, 2, "0"), 10, "1");
  }
};

/// Waits for half of the lease that the holder has.
class HalfLease final : public Disguise {
 public:
  using Disguise::Disguise;

 protected:
  std::string disguised(const std::string& name) override {
    std::size_t at = 0;
    for (int n = 0; n < 3; ++n) at = name.find(',', at) + 1;
    unsigned lifetime = 0;
    std::from_chars(name.data() + at, name.data() + name.size(), lifetime);
    return with_field(name, 3, std::to_string(lifetime / 2));
  }
};

/// The free state has no generation of its own: it is the same every time.
class NoGeneration final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code rename(const std::string& from, const std::string& to) override {
    return files().rename(plain(from), plain(to));
  }

 private:
  static std::string plain(const std::string& path) {
    if (!is_free(path) || !path.starts_with(std::string(kLock) + '/')) return path;
    return std::string(kLock) + "/free,1000,0,0";
  }
};

template <class Files>
std::unique_ptr<Contender> make_with(const Setting& setting, os::System system) {
  return std::make_unique<Mutant>(setting.options, system, std::make_unique<Files>(system), nullptr,
                                  nullptr);
}

}  // namespace

std::vector<Kind> mutants_of_names() {
  return {
      baton_mutant("baton_no_touch", "believes a listing that nobody has freshened",
                   make_with<NoTouch>),
      baton_mutant("baton_gone_is_mine", "takes ENOENT for its own lost reply",
                   make_with<GoneIsMine>),
      baton_mutant("baton_no_look", "looks at no fresh listing after ENOENT", make_with<NoLook>),
      baton_mutant("baton_applied_is_lost", "reports a release as lost that was applied",
                   make_with<AppliedIsLost>),
      baton_mutant("baton_error_is_failure", "takes EIO for a failure, and looks no further",
                   make_with<ErrorIsFailure>),
      baton_mutant("baton_error_is_success", "takes EIO for a lost reply only",
                   make_with<ErrorIsSuccess>),
      baton_mutant("baton_break_by_unlink", "takes over by unlink and create",
                   make_with<BreakByUnlink>),
      baton_mutant("baton_forced_release", "makes the lock free when its own state is gone",
                   make_with<ForcedRelease>),
      baton_mutant("baton_ignores_renewals", "does not see that a lease was renewed",
                   make_with<IgnoresRenewals>),
      baton_mutant("baton_half_lease", "takes over after half of the lease", make_with<HalfLease>),
      baton_mutant("baton_no_generation", "has one free state for all generations",
                   make_with<NoGeneration>),
  };
}

}  // namespace holdfast::harness::sim
