#include "harness/fleet/crew.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>

#include "harness/fleet/line_channel.h"
#include "harness/fleet/spawn.h"
#include "harness/nemesis/faketime.h"
#include "harness/nemesis/processes.h"

namespace holdfast::harness {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A contender program that ends as soon as it is started must not be started as fast as the
/// machine can: the pause doubles up to this with each life shorter than it.
constexpr milliseconds kLongestRest{5000};
constexpr milliseconds kShortestRest{20};

std::string signal_text(int signal) {
  const char* name = ::sigdescr_np(signal);
  return "signal " + std::to_string(signal) +
         (name == nullptr ? "" : std::string(" (") + name + ")");
}

}  // namespace

struct Crew::Slot {
  enum class State { empty, starting, prepared, working };

  Slot(asio::io_context& context, std::size_t of) : index(of), rest(context) {}

  std::size_t index;
  std::uint64_t generation = 0;
  State state = State::empty;
  ArmedPlan armed;
  pid_t pid = 0;
  std::shared_ptr<LineChannel> channel;
  std::unique_ptr<LiveView> live;
  std::optional<int> status;  ///< as wait(2) gave it
  bool channel_ended = false;
  std::optional<FromWorker> last_word;
  steady_clock::time_point since;
  milliseconds next_rest = kShortestRest;
  asio::steady_timer rest;

  bool present() const { return pid != 0; }
  Target target() const { return {armed.plan.name, pid, live.get()}; }
};

Crew::Crew(asio::io_context& context, HostOrders orders, Listener listener)
    : context_(context), orders_(std::move(orders)), listener_(std::move(listener)) {
  for (std::size_t i = 0; i < orders_.workers.size(); ++i) {
    slots_.push_back(std::make_unique<Slot>(context_, i));
  }
}

Crew::~Crew() {
  for (const auto& slot : slots_) {
    if (slot->channel) slot->channel->drop();
  }
}

Result<void> Crew::start() {
  for (const auto& slot : slots_) {
    start_one(*slot);
    if (!slot->present()) return problem(slot->armed.plan.name, "could not be started");
  }
  return {};
}

void Crew::start_one(Slot& slot) {
  slot.armed = arm(orders_, slot.index, ++slot.generation);
  slot.state = Slot::State::empty;
  slot.status.reset();
  slot.channel_ended = false;
  slot.last_word.reset();
  slot.live.reset();
  SpawnOptions options;
  options.arguments = {"worker"};
  options.death_signal = SIGKILL;
  auto process = spawn(options);
  if (!process) return listener_.trouble(process.error());
  slot.pid = process->pid;
  slot.since = steady_clock::now();
  slot.state = Slot::State::starting;
  slot.channel = LineChannel::open(context_, process->output, process->input,
                                   {[this, &slot](const std::string& line) { heard(slot, line); },
                                    [this, &slot] {
                                      slot.channel_ended = true;
                                      settle(slot);
                                    }});
  slot.channel->send(to_line(slot.armed.plan));
  if (finishing_) slot.channel->send(kEndLine);
}

void Crew::heard(Slot& slot, const std::string& line) {
  auto message = read_from_worker(line);
  if (!message) return listener_.trouble(message.error());
  if (std::holds_alternative<WorkerNotice>(*message)) {
    return listener_.notice({slot.index, slot.generation});
  }
  if (!std::holds_alternative<WorkerPrepared>(*message)) {
    slot.last_word = std::move(*message);
    return;
  }
  auto live = LiveView::open(slot.armed.plan.history);
  if (!live) return listener_.trouble(live.error());
  slot.live = std::move(*live);
  slot.state = Slot::State::prepared;
  if (going_) {
    slot.state = Slot::State::working;
    slot.channel->send(kGoLine);
  }
  if (!told_prepared_ && all_prepared()) {
    told_prepared_ = true;
    listener_.prepared();
  }
}

void Crew::echo(const Echo& echo) {
  if (echo.index >= slots_.size()) return;
  const Slot& slot = *slots_[echo.index];
  if (slot.present() && slot.generation == echo.life) slot.channel->send(echo_line(echo.at_ns));
}

bool Crew::all_prepared() const {
  return std::none_of(slots_.begin(), slots_.end(), [](const auto& slot) {
    return slot->state == Slot::State::empty || slot->state == Slot::State::starting;
  });
}

void Crew::go() {
  going_ = true;
  for (const auto& slot : slots_) {
    if (slot->state != Slot::State::prepared) continue;
    slot->channel->send(kGoLine);
    slot->state = Slot::State::working;
  }
}

void Crew::finish() {
  finishing_ = true;
  for (const auto& slot : slots_) {
    slot->rest.cancel();
    if (slot->present()) slot->channel->send(kEndLine);
  }
  if (present().empty() && !std::exchange(told_gone_, true)) listener_.gone();
}

void Crew::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (!orders_.faketime.empty()) remove_faketime_traces(pid);
    for (const auto& slot : slots_) {
      if (slot->pid == pid) slot->status = status;
    }
  }
  for (const auto& slot : slots_) settle(*slot);
}

/// Whoever a dead worker left behind goes with it; what left its group is found as an orphan of
/// ours, and killed when all end.
void Crew::settle(Slot& slot) {
  if (!slot.present() || !slot.status) return;
  ::kill(-slot.pid, SIGKILL);
  if (!slot.channel_ended || !group_is_gone(slot.pid)) return;
  depart(slot);
}

std::optional<Departure::How> Crew::manner(const Slot& slot) {
  const int status = *slot.status;
  if (slot.last_word) {
    if (const auto* trouble = std::get_if<Trouble>(&*slot.last_word)) {
      listener_.trouble(
          {slot.armed.plan.name + ": " + trouble->problem.place, trouble->problem.message});
      return std::nullopt;
    }
    if (const auto* ended = std::get_if<WorkerEnded>(&*slot.last_word)) {
      if (!ended->in_order) return Departure::How::contender_ended;
      if (finishing_) return Departure::How::in_order;
      report(slot, "ended although nobody had asked it to");
      return std::nullopt;
    }
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return Departure::How::killed;
  report(slot, WIFSIGNALED(status)
                   ? "was ended by " + signal_text(WTERMSIG(status)) +
                         ", which no fault of this harness sends; its last words are in the logs"
                   : "ended with status " + std::to_string(WEXITSTATUS(status)) +
                         " and without a word; see the logs");
  return std::nullopt;
}

void Crew::report(const Slot& slot, const std::string& what) {
  listener_.trouble({"worker " + slot.armed.plan.name, what});
}

void Crew::depart(Slot& slot) {
  const auto how = manner(slot);
  if (slot.live) grants_of_the_dead_ += slot.live->read().grants;
  if (how) {
    const WorkerPlan& plan = slot.armed.plan;
    listener_.departed(
        {*how, slot.index, slot.target(), plan.history, slot.armed.crash, plan.crash_mark});
  }
  slot.channel->drop();
  slot.channel.reset();
  slot.live.reset();
  slot.pid = 0;
  slot.state = Slot::State::empty;
  if (how && !finishing_) replace(slot, *how);
  if (finishing_ && present().empty() && !std::exchange(told_gone_, true)) listener_.gone();
}

void Crew::replace(Slot& slot, Departure::How how) {
  if (how == Departure::How::killed) return start_one(slot);
  if (steady_clock::now() - slot.since > kLongestRest) slot.next_rest = kShortestRest;
  slot.rest.expires_after(slot.next_rest);
  slot.next_rest = std::min(slot.next_rest * 2, kLongestRest);
  slot.rest.async_wait([this, &slot](const boost::system::error_code& error) {
    if (!error && !finishing_) start_one(slot);
  });
}

std::optional<Target> Crew::at_work(std::size_t index) const {
  const Slot& slot = *slots_.at(index);
  if (slot.state != Slot::State::working || slot.status) return std::nullopt;
  return slot.target();
}

std::optional<Target> Crew::anybody(std::size_t index) const {
  const Slot& slot = *slots_.at(index);
  if (!slot.present()) return std::nullopt;
  return slot.target();
}

std::vector<std::size_t> Crew::present() const {
  std::vector<std::size_t> indices;
  for (const auto& slot : slots_) {
    if (slot->present()) indices.push_back(slot->index);
  }
  return indices;
}

Tally Crew::tally() const {
  Tally tally;
  tally.grants = grants_of_the_dead_;
  for (const auto& slot : slots_) {
    if (slot->live) tally.grants += slot->live->read().grants;
    if (slot->state == Slot::State::working) ++tally.workers;
  }
  return tally;
}

}  // namespace holdfast::harness
