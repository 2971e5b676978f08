#include "harness/fleet/agent.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <filesystem>
#include <iostream>

#include "harness/fleet/agent_protocol.h"
#include "harness/fleet/caller.h"
#include "harness/fleet/courier.h"
#include "harness/fleet/crew.h"
#include "harness/fleet/line_channel.h"
#include "harness/fleet/own_namespaces.h"
#include "harness/fleet/spawn.h"
#include "harness/fleet/strikes.h"
#include "harness/nemesis/own_clock.h"

namespace holdfast::harness {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::milliseconds kBetweenTallies{50};

class Agent {
 public:
  explicit Agent(const os::System& system)
      : system_(system),
        children_(context_, SIGCHLD),
        signals_(context_, SIGTERM, SIGINT, SIGHUP),
        tally_(context_),
        grace_(context_) {}

  int serve() {
    adopt_orphans();
    raise_file_limit();
    channel_ = LineChannel::open(
        context_, STDIN_FILENO, STDOUT_FILENO,
        {[this](const std::string& line) { heard(line); }, [this] { context_.stop(); }});
    wait_for_children();
    signals_.async_wait([this](const error_code& error, int) {
      if (!error) context_.stop();
    });
    context_.run();
    // However it came to an end: nobody stays behind, and nothing.
    const auto killed = kill_descendants();
    if (!killed) std::cerr << killed.error().text() << "\n";
    std::error_code left;
    if (!own_.empty()) std::filesystem::remove_all(own_, left);
    if (left) std::cerr << "holdfast agent: " << own_ << " is left: " << left.message() << "\n";
    if (!killed) return 1;
    return finished_ ? 0 : 1;
  }

 private:
  void say(const FromAgent& message) { channel_->send(to_line(message)); }
  void trouble(const Problem& problem) { say(Trouble{problem}); }

  void heard(const std::string& line) {
    const auto message = read_to_agent(line);
    if (!message) return trouble(message.error());
    std::visit([this](const auto& of) { obey(of); }, *message);
  }

  void obey(const Hello& hello) {
    if (hello.version != kAgentProtocol) {
      return trouble({"agent", "the controller speaks version " + std::to_string(hello.version) +
                                   " of the protocol, this agent speaks " +
                                   std::to_string(kAgentProtocol)});
    }
    say(Greeting{kAgentProtocol, ::getpid(), recorder_clock()});
  }

  void obey(const AskClock& ask) {
    const std::int64_t got_ns = recorder_now_ns();
    say(ClockTold{ask.sent_ns, got_ns, recorder_now_ns()});
  }

  void obey(const Kept& kept) {
    if (courier_) courier_->kept(kept.bytes);
  }

  void obey(const Prepare& prepare) {
    const HostOrders& orders = prepare.orders;
    if (!orders.own.empty()) {
      if (const auto made = own_folders(orders); !made) return trouble(made.error());
    }
    std::unique_ptr<BentClock> clock;
    if (orders.own_kernel) clock = std::make_unique<OwnClock>();
    if (!orders.clock_page.empty()) {
      auto made = LogicalHostClock::create(
          {orders.clock_page, orders.faketime, orders.faketime_libraries}, *system_.clock);
      if (!made) return trouble(made.error());
      clock = std::move(*made);
    }
    crew_ = std::make_unique<Crew>(
        context_, orders,
        Crew::Listener{[this] { say(Prepared{}); }, [this](const Notice& notice) { say(notice); },
                       [this](const Departure& departure) { strikes_->departed(departure); },
                       [this](const Problem& problem) { trouble(problem); }, [this] { gone(); }});
    strikes_ = std::make_unique<Strikes>(
        context_, *crew_, std::move(clock),
        Strikes::Listener{[this](const Fault& fault) {
                            say(Struck{fault, true});
                          },
                          [this](const Fault& fault) {
                            say(Struck{fault, false});
                          },
                          [this](std::uint32_t strike) { say(NobodyInside{strike}); }});
    if (const auto started = crew_->start(); !started) trouble(started.error());
    keep_tally();
  }

  /// Nobody else's: what a run records is nobody else's business, and a name in /tmp is a claim.
  Result<void> own_folders(const HostOrders& orders) {
    for (const char* name : {"", "/history", "/logs", "/scratch"}) {
      const std::string folder = orders.own + name;
      if (::mkdir(folder.c_str(), 0700) != 0) {
        return problem(folder, "make this directory for the run", {errno, std::system_category()});
      }
      own_ = orders.own;  // ours from the first on, to be removed
    }
    courier_ = std::make_unique<Courier>(
        context_, std::vector<std::string>{own_ + "/history", own_ + "/logs"},
        Courier::Listener{[this](const Parcel& parcel) { say(parcel); },
                          [this](const Problem& problem) { trouble(problem); }});
    return {};
  }

  void obey(const Go&) {
    if (crew_) crew_->go();
  }

  void obey(const Echo& echo) {
    if (crew_) crew_->echo(echo);
  }

  void obey(const Inject& inject) {
    if (strikes_) strikes_->inject(inject.strike);
  }

  void obey(const Finish& finish) {
    if (!crew_) return gone();
    // First those that stand still: they could not end.
    strikes_->finish();
    grace_.expires_after(std::chrono::nanoseconds(finish.grace_ns));
    grace_.async_wait([this](const error_code& error) {
      if (!error) strikes_->kill_stragglers();
    });
    say(Finishing{recorder_now_ns()});
    crew_->finish();
  }

  void gone() {
    grace_.cancel();
    tally_.cancel();
    if (const auto killed = kill_descendants(); !killed) trouble(killed.error());
    if (strikes_) strikes_->crew_is_gone();
    if (crew_) say(crew_->tally());
    if (!courier_) return finished();
    courier_->finish([this] { finished(); });
  }

  void finished() {
    say(Finished{});
    finished_ = true;
    // The controller closes our input when it has read this.
  }

  void wait_for_children() {
    children_.async_wait([this](const error_code& error, int) {
      if (error) return;
      if (crew_) crew_->reap();
      wait_for_children();
    });
  }

  void keep_tally() {
    tally_.expires_after(kBetweenTallies);
    tally_.async_wait([this](const error_code& error) {
      if (error) return;
      say(crew_->tally());
      keep_tally();
    });
  }

  os::System system_;
  IgnoredPipes ignored_;
  asio::io_context context_{1};
  asio::signal_set children_;
  asio::signal_set signals_;
  asio::steady_timer tally_;
  asio::steady_timer grace_;
  std::shared_ptr<LineChannel> channel_;
  std::string own_;  // a directory that goes with this process; empty: there is none
  std::unique_ptr<Courier> courier_;
  std::unique_ptr<Crew> crew_;
  std::unique_ptr<Strikes> strikes_;
  bool finished_ = false;
};

/// Puts a line to the controller where the standard streams were.
Result<void> call() {
  constexpr std::chrono::seconds kPatience{30};
  const auto line = call_controller(kPatience);
  if (!line) return tl::unexpected(line.error());
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO}) {
    if (::dup2(line->number(), stream) < 0) {
      return problem("the line to the controller", "keep it", {errno, std::system_category()});
    }
  }
  return {};
}

}  // namespace

int serve_as_agent(const os::System& system, const std::vector<std::string>& arguments) {
  if (arguments.size() == 2 && arguments[0] == kOwnNamespaces) {
    const auto entered = enter_own_namespaces(arguments[1]);
    if (!entered) {
      std::cerr << "holdfast agent: " << entered.error().text() << "\n";
      return 1;
    }
    if (*entered) return **entered;
  } else if (arguments == std::vector<std::string>{kCall}) {
    if (const auto called = call(); !called) {
      std::cerr << "holdfast agent: " << called.error().text() << "\n";
      return 1;
    }
  } else if (!arguments.empty()) {
    std::cerr << "holdfast agent: is started by a controller, which tells it what to do\n";
    return 3;
  }
  return Agent(system).serve();
}

}  // namespace holdfast::harness
