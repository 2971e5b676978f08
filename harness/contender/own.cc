#include "harness/contender/own.h"

#include <holdfast/lock.h>

#include <cmath>
#include <stdexcept>

#include "harness/contender/crashing_files.h"
#include "harness/contender/logical_host.h"
#include "harness/contender/options.h"
#include "harness/contender/recording_files.h"

namespace holdfast::harness {
namespace {

Traits traits_of(const ContenderSpec& spec, const Options& options) {
  Traits traits;
  traits.name = spec.lock;
  traits.own = true;
  traits.leases = traits.refresh = traits.state = traits.cancel = true;
  if (options.protocol == ProtocolKind::baton) {
    traits.tokens = true;
    traits.drift_ppm = std::llround(options.drift * 1e6);
    traits.steady_server_clock = options.server_clock;
    const auto slack = static_cast<double>(options.lifetime.count()) * options.drift;
    traits.margin_ns = options.margin.count() + std::llround(slack);
  } else {
    traits.clock_offset_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(options.slop).count();
    traits.margin_ns = options.slop.count();
  }
  return traits;
}

Why why_of(const std::error_code& error) {
  if (error == Errc::timed_out) return Why::timeout;
  if (error == Errc::cancelled) return Why::cancelled;
  if (error == Errc::lost) return Why::lost;
  if (error == Errc::not_held) return Why::not_held;
  if (error == Errc::stale_token) return Why::stale_token;
  return Why::error;
}

/// The doors that stand between one lock and the operating system.
class Doors {
 public:
  Doors(const Station& station, RecordingFiles::Inodes inodes) : unwatched_(station.system) {
    const FileEvents events(station.recorder, station.directory, station.index);
    if (station.separate_machine) {
      host_ = std::make_unique<SeparateHost>(*unwatched_.host, station.host);
      unwatched_.host = host_.get();
    }
    watched_ = unwatched_;
    if (events.on()) {
      recording_ = std::make_unique<RecordingFiles>(*watched_.files, events, inodes);
      watched_.files = recording_.get();
    }
    FileOp operation = FileOp::none;
    if (station.crash.at > 0 && crash_operation(station.crash.operation, operation)) {
      crashing_ = std::make_unique<CrashingFiles>(*watched_.files, operation, station.crash.at,
                                                  station.crash.before, events, kill_self);
      watched_.files = crashing_.get();
    }
  }

  const os::System& watched() const { return watched_; }
  /// For an observer: the same host and clock, but its operations are neither recorded nor fatal.
  const os::System& unwatched() const { return unwatched_; }

 private:
  os::System unwatched_;
  os::System watched_;
  std::unique_ptr<SeparateHost> host_;
  std::unique_ptr<RecordingFiles> recording_;
  std::unique_ptr<CrashingFiles> crashing_;
};

/// baton never uses a name twice, so its names say it all. link's lock file is always the same
/// name: only the inode tells whose it was.
RecordingFiles::Inodes inodes_for(const Options& options) {
  return options.protocol == ProtocolKind::link ? RecordingFiles::Inodes::looked_up
                                                : RecordingFiles::Inodes::not_looked_up;
}

class OwnLock final : public Contender {
 public:
  OwnLock(const ContenderSpec& spec, const Options& options, const Station& station)
      : traits_(traits_of(spec, options)),
        doors_(station, inodes_for(options)),
        rate_(station.rate),
        lock_(station.path(), options, doors_.watched()),
        observer_(station.path(), options, doors_.unwatched()) {}

  const Traits& traits() const override { return traits_; }

  Answer acquire(Duration patience, const std::stop_token& stop) override {
    std::error_code error;
    Request request;
    request.stop = stop;
    const Patience limit =
        patience < Duration::zero() ? Patience::for_ever() : Patience::of(patience);
    const Grant grant = lock_.acquire(limit, request, error);
    if (error) return refused(error);
    Answer answer = succeeded();
    answer.token = grant.token;
    answer.until_ns = lease_end_ns();
    return answer;
  }

  Answer refresh() override {
    std::error_code error;
    lock_.refresh(std::nullopt, error);
    if (error) return refused(error);
    Answer answer = succeeded();
    answer.token = lock_.token();
    answer.until_ns = lease_end_ns();
    return answer;
  }

  Answer release() override {
    std::error_code error;
    lock_.release(error);
    return error ? refused(error) : succeeded();
  }

  ProbedState probe() override {
    std::error_code error;
    const auto holder = observer_.holder(error);
    if (error) return ProbedState::unknown;
    if (!holder) return ProbedState::free;
    // Each writes as much of its host's name as there is room for; link the full one.
    os::Host& host = *doors_.unwatched().host;
    const os::Process self = host.self();
    const std::string name = traits_.tokens ? self.host : host.full_name();
    const bool same_process = holder->pid == self.pid && name.starts_with(holder->host);
    const bool same_hold = lock_.token() == 0 || holder->token == lock_.token();
    return same_process && same_hold ? ProbedState::mine : ProbedState::other;
  }

 private:
  Answer refused(const std::error_code& error) const {
    Answer answer = failed(why_of(error), lock_.last_failure().text());
    if (error == Errc::outcome_unknown) answer.phase = Phase::info;
    return answer;
  }

  /// The recorder's clock is read first: what passes between the two readings, a pause of seconds
  /// perhaps, makes the lease shorter here and never longer.
  std::int64_t lease_end_ns() const {
    const std::int64_t now = recorder_now_ns();
    const auto left = static_cast<double>(lock_.remaining().count());
    return now + std::llround(left / (rate_ ? rate_() : 1.0));
  }

  Traits traits_;
  Doors doors_;
  std::function<double()> rate_;
  Lock lock_;
  Lock observer_;
};

}  // namespace

Result<std::unique_ptr<Contender>> make_own_lock(const ContenderSpec& spec,
                                                 const Station& station) {
  const auto options = own_options(spec);
  if (!options) return tl::unexpected(options.error());
  FileOp operation = FileOp::none;
  if (station.crash.at > 0 && !crash_operation(station.crash.operation, operation)) {
    return problem("crash point", "there is no file operation \"" + station.crash.operation + "\"");
  }
  try {
    return std::make_unique<OwnLock>(spec, *options, station);
  } catch (const std::invalid_argument& error) {
    return problem("/contender", "the lock refuses its options: " + std::string(error.what()));
  }
}

}  // namespace holdfast::harness
