// Mistakes about time and about who is alive.
#include <algorithm>
#include <utility>

#include "harness/sim/holdfast_contender.h"
#include "harness/sim/mutant.h"

namespace holdfast::harness::sim {
namespace {

/// The time that passes in a rename counts for nothing: a lease begins when its reply has come.
class ReplyClock final : public PassingClock {
 public:
  using PassingClock::PassingClock;
  os::Stamp now() override {
    os::Stamp now = real_.clock->now();
    now.raw -= hidden;
    now.boot -= hidden;
    return now;
  }
  Duration hidden{};
};

class ReplyFiles final : public PassingFiles {
 public:
  ReplyFiles(os::System real, ReplyClock& clock) : PassingFiles(real), clock_(clock) {}
  std::error_code rename(const std::string& from, const std::string& to) override {
    const os::Stamp before = real_.clock->now();
    const auto error = files().rename(from, to);
    clock_.hidden += real_.clock->now().raw - before.raw;
    return error;
  }

 private:
  ReplyClock& clock_;
};

std::unique_ptr<Contender> make_reply(const Setting& setting, os::System system) {
  auto clock = std::make_unique<ReplyClock>(system);
  auto files = std::make_unique<ReplyFiles>(system, *clock);
  return std::make_unique<Mutant>(setting.options, system, std::move(files), std::move(clock),
                                  nullptr);
}

/// The first reading after a listing is that from before it was sent: what it shows seems older.
class ListingClock final : public PassingClock {
 public:
  using PassingClock::PassingClock;
  os::Stamp now() override {
    if (!pretended) return real_.clock->now();
    const os::Stamp then = *pretended;
    pretended.reset();
    return then;
  }
  std::optional<os::Stamp> pretended;
};

class ListingFiles final : public PassingFiles {
 public:
  ListingFiles(os::System real, ListingClock& clock) : PassingFiles(real), clock_(clock) {}
  std::error_code list(const std::string& directory, std::size_t most,
                       os::Listing& found) override {
    const os::Stamp before = real_.clock->now();
    const auto error = files().list(directory, most, found);
    if (directory == kLock) clock_.pretended = before;
    return error;
  }

 private:
  ListingClock& clock_;
};

std::unique_ptr<Contender> make_listing(const Setting& setting, os::System system) {
  auto clock = std::make_unique<ListingClock>(system);
  auto files = std::make_unique<ListingFiles>(system, *clock);
  return std::make_unique<Mutant>(setting.options, system, std::move(files), std::move(clock),
                                  nullptr);
}

std::unique_ptr<Contender> make_no_margin(const Setting& setting, os::System system) {
  Options options = setting.options;
  options.drift = 0;
  options.margin = {};
  return std::make_unique<HoldfastContender>(options, system);
}

/// Both elapsed-time clocks are the one that stands still while the host is suspended.
class RawClock final : public PassingClock {
 public:
  using PassingClock::PassingClock;
  os::Stamp now() override {
    const os::Stamp now = real_.clock->now();
    return {now.raw, os::BootTime(now.raw.time_since_epoch())};
  }
};

/// The wall clock, though never going back.
class WallOnlyClock final : public PassingClock {
 public:
  using PassingClock::PassingClock;
  os::Stamp now() override {
    newest_ = std::max(newest_, Duration(real_.clock->wall().time_since_epoch()));
    return {os::RawTime(newest_), os::BootTime(newest_)};
  }

 private:
  Duration newest_ = Duration::min() / 2;
};

template <class Clock>
std::unique_ptr<Contender> make_with_clock(const Setting& setting, os::System system) {
  return std::make_unique<Mutant>(setting.options, system, nullptr, std::make_unique<Clock>(system),
                                  nullptr);
}

/// Several tries to renew one state are one name on the server, which the lock takes for that of
/// its newest try: its lease counts from when that was sent, whichever was applied.
class LaterTry final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code rename(const std::string& from, const std::string& to) override {
    if (!renews(from, to)) return files().rename(real(from), to);
    if (tried_.shown != from && base_.shown != from) {
      base_ = {from, from};
      tried_ = {};
    } else if (tried_.shown == from) {
      base_ = std::exchange(tried_, {});
    }
    if (tried_.real.empty()) tried_.real = to;
    tried_.shown = to;
    return files().rename(base_.real, tried_.real);
  }
  std::error_code list(const std::string& directory, std::size_t most,
                       os::Listing& found) override {
    const auto error = files().list(directory, most, found);
    for (std::string& name : found.names) {
      for (const Name& one : {base_, tried_}) {
        if (directory + '/' + name != one.real) continue;
        name = one.shown.substr(directory.size() + 1);
        break;
      }
    }
    return error;
  }

 private:
  struct Name {
    std::string real;   // on the server: of the first try
    std::string shown;  // to the lock: of the newest
  };
  /// Of one generation: else it is a take-over.
  static bool renews(const std::string& from, const std::string& to) {
    const std::size_t at = from.find("/held,");
    if (at == from.npos) return false;
    const std::size_t end = from.find(',', from.find(',', at) + 1);
    return to.starts_with(from.substr(0, end + 1));
  }
  std::string real(const std::string& path) const {
    if (path == base_.shown) return base_.real;
    return path == tried_.shown ? tried_.real : path;
  }

  Name base_;   // what the tries are to replace
  Name tried_;  // empty: none
};

/// Without the margin for timers, which in the simulated world are exact, a few milliseconds show.
std::unique_ptr<Contender> make_later_try(const Setting& setting, os::System system) {
  Options options = setting.options;
  options.margin = {};
  return std::make_unique<Mutant>(options, system, std::make_unique<LaterTry>(system), nullptr,
                                  nullptr);
}

/// Stamps of the file system are exact: a state that is said to be old is.
class ExactStamps final : public PassingFiles {
 public:
  using PassingFiles::PassingFiles;
  std::error_code status(const std::string& path, os::Revalidate revalidate,
                         os::FileStatus& found) override {
    const auto error = files().status(path, revalidate, found);
    // What a right judge adds to the age that is needed is taken away from the stamp.
    if (path.find("/held,") != std::string::npos) found.changed -= std::chrono::seconds(2);
    return error;
  }
};

std::unique_ptr<Contender> make_exact_stamps(const Setting& setting, os::System system) {
  Options options = setting.options;
  options.server_clock = true;
  return std::make_unique<Mutant>(options, system, std::make_unique<ExactStamps>(system), nullptr,
                                  nullptr);
}

/// All machines are one: who is not among the own processes is dead.
class OneMachine final : public PassingHost {
 public:
  using PassingHost::PassingHost;
  os::Process self() override {
    os::Process self = real_.host->self();
    self.machine = 1;
    return self;
  }
  os::Life life(const os::Process& process) override {
    os::Process here = process;
    here.machine = real_.host->self().machine;
    return real_.host->life(here);
  }
};

/// The random bits are the same every time: no name is one call only.
class NoChance final : public PassingHost {
 public:
  using PassingHost::PassingHost;
  std::uint64_t random_bits() override { return 7; }
};

/// A child is its parent, and has what that has.
class NoForks final : public PassingHost {
 public:
  using PassingHost::PassingHost;
  std::uint64_t fork_count() override { return 0; }
};

/// Waits until it is told of a change, however long that takes.
class PatientWatch final : public os::Watch {
 public:
  explicit PatientWatch(std::unique_ptr<os::Watch> real) : real_(std::move(real)) {}
  void watch_process(const std::optional<os::Process>& process) override {
    real_->watch_process(process);
  }
  void spin(Duration at_most) override { real_->spin(at_most); }
  os::Wake wait(Duration at_most, const std::stop_token& stop) override {
    return real_->wait(at_most == Duration::zero() ? at_most : Duration::max(), stop);
  }
  const std::string& arrived() const override { return real_->arrived(); }
  bool notified() const override { return real_->notified(); }

 private:
  std::unique_ptr<os::Watch> real_;
};

/// A host that is told of its own changes only, and relies on being told of all.
class TrustsWatch final : public PassingHost {
 public:
  using PassingHost::PassingHost;
  std::unique_ptr<os::Watch> watch(const std::string& directory) override {
    return std::make_unique<PatientWatch>(real_.host->watch(directory));
  }
};

/// Looks again at once, as often as it can.
class Restless final : public PassingHost {
 public:
  using PassingHost::PassingHost;
  std::unique_ptr<os::Watch> watch(const std::string& directory) override {
    return std::make_unique<Glance>(real_.host->watch(directory));
  }
  os::Wake sleep(Duration, const std::stop_token& stop) override {
    return real_.host->sleep(Duration::zero(), stop);
  }

 private:
  class Glance final : public os::Watch {
   public:
    explicit Glance(std::unique_ptr<os::Watch> real) : real_(std::move(real)) {}
    void watch_process(const std::optional<os::Process>& process) override {
      real_->watch_process(process);
    }
    void spin(Duration most) override { real_->spin(most); }
    os::Wake wait(Duration, const std::stop_token& stop) override {
      return real_->wait(Duration::zero(), stop);
    }
    const std::string& arrived() const override { return real_->arrived(); }
    bool notified() const override { return real_->notified(); }

   private:
    std::unique_ptr<os::Watch> real_;
  };
};

template <class Host>
std::unique_ptr<Contender> make_with_host(const Setting& setting, os::System system) {
  return std::make_unique<Mutant>(setting.options, system, nullptr, nullptr,
                                  std::make_unique<Host>(system));
}

}  // namespace

std::vector<Kind> mutants_of_time() {
  return {
      baton_mutant("baton_late_lease", "counts its lease from the reply of the rename", make_reply),
      baton_mutant("baton_early_look", "counts an observation from before the listing was sent",
                   make_listing),
      baton_mutant("baton_later_try",
                   "counts a renewal from the later of two tries towards one name", make_later_try),
      baton_mutant("baton_exact_stamps", "believes the server's stamps to the nanosecond",
                   make_exact_stamps),
      baton_mutant("baton_no_margin", "allows for no drift between two clocks and no delay",
                   make_no_margin),
      baton_mutant("baton_raw_only", "does not count the time that its host was suspended",
                   make_with_clock<RawClock>),
      baton_mutant("baton_wall_clock", "measures leases on the wall clock",
                   make_with_clock<WallOnlyClock>),
      baton_mutant("baton_one_machine", "believes a process of another container dead",
                   make_with_host<OneMachine>),
      baton_mutant("baton_trusts_watch", "looks again only when it is told of a change",
                   make_with_host<TrustsWatch>),
      baton_mutant("baton_no_forks", "takes a child for its parent", make_with_host<NoForks>),
      baton_mutant("baton_restless", "never sleeps while it waits", make_with_host<Restless>),
      baton_mutant("baton_no_chance", "has no fresh nonce in its names", make_with_host<NoChance>),
  };
}

}  // namespace holdfast::harness::sim
