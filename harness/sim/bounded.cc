#include "harness/sim/bounded.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

std::uint64_t mixed(std::uint64_t word, std::uint64_t more) {
  word = (word ^ more) + 0x9e3779b97f4a7c15;
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
  word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
  return word ^ (word >> 31);
}

std::uint64_t mixed(std::uint64_t word, std::string_view text) {
  return mixed(word, std::hash<std::string_view>{}(text));
}

std::uint64_t mixed(std::uint64_t word, Duration time) {
  return mixed(word, static_cast<std::uint64_t>(time.count()));
}

/// One way out of a point of decision: 0 is the usual one.
struct Step {
  std::uint32_t point;  // counted from the schedule's beginning
  std::uint32_t way;
};
using Path = std::vector<Step>;

/// Everything that each process was told, and when.
class Memory final : public Observer {
 public:
  explicit Memory(World& world) : world_(world) {}
  void reset(std::size_t processes) { told_.assign(processes, 1); }
  void served(const Process& process, const Operation& operation, int error) override {
    learn(process, operation, error);
  }
  void answered(const Process& process, const Operation& operation, const Fate&,
                int error) override {
    learn(process, operation, error);
  }
  void said(const Process& process, const std::string& words) override {
    told_[process.index] = mixed(told_[process.index], words);
  }
  void note(std::size_t process, std::uint64_t what) {
    told_[process] = mixed(told_[process], what);
  }
  std::uint64_t told(std::size_t process) const { return told_[process]; }

 private:
  void learn(const Process& process, const Operation& operation, int error) {
    std::uint64_t& told = told_[process.index];
    told = mixed(mixed(told, world_.now()), static_cast<std::uint64_t>(error) << 8 |
                                                static_cast<std::uint64_t>(operation.call));
    if (error != 0) return;
    if (operation.call == Call::list) {
      std::uint64_t all = 0;  // in no order
      for (const std::string& name : operation.listing->names) all += mixed(1, name);
      told = mixed(told, all);
    } else if (operation.call == Call::read) {
      told = mixed(told, *operation.text);
    } else if (operation.call == Call::status) {
      told = mixed(told, operation.status->links);
    }
  }

  World& world_;
  std::vector<std::uint64_t> told_;
};

class Search final : public Decisions {
 public:
  Search(const Setting& setting, const Bounds& bounds)
      : setting_(setting), bounds_(bounds), memory_(stage_.world()) {
    const Duration lifetime = setting.options.lifetime;
    for (const Duration delay : {Duration(std::chrono::milliseconds(1)), lifetime * 3 / 2}) {
      mishaps_.push_back({Mishap::lost_reply, delay});
      mishaps_.push_back({Mishap::late_reply, delay});
      mishaps_.push_back({Mishap::late_request, delay});
      if (!setting.mount.hard) mishaps_.push_back({Mishap::failed_late, delay});
    }
    if (!setting.mount.hard) mishaps_.push_back({Mishap::failed_applied, {}});
  }

  Searched run(Duration at_most, const std::atomic<bool>& stop) {
    const auto begun = std::chrono::steady_clock::now();
    waiting_.push_back({});
    while (!waiting_.empty()) {
      if (stop || std::chrono::steady_clock::now() - begun > at_most) return std::move(result_);
      path_ = std::move(waiting_.back());
      waiting_.pop_back();
      if (run_one()) return std::move(result_);
    }
    result_.complete = true;
    return std::move(result_);
  }

  std::size_t next(const Turn& turn) override {
    const std::size_t others = left_.turns > 0 ? turn.able.size() - 1 : 0;
    const std::uint32_t way = decide(mixed(1, turn.able[turn.usual]), others);
    if (way == 0) return turn.usual;
    --left_.turns;
    return way <= turn.usual ? way - 1 : way;
  }

  Fate fate(const Sending& sending) override {
    ways_.clear();
    const bool changes = changes_names(sending.call);
    if (left_.crashes > 0) {
      if (changes) ways_.push_back({Mishap::crash_before, {}});
      if (changes) ways_.push_back({Mishap::crash_after, {}});
      if (changes) ways_.push_back({Mishap::crash_late, mishaps_.front().delay});
    }
    if (left_.mishaps > 0) {
      for (const Fate& fate : mishaps_) {
        const bool fails = fate.mishap >= Mishap::failed;
        if (changes || !fails) ways_.push_back(fate);
      }
    }
    const std::uint32_t way = decide(mixed(2, sending.process), ways_.size());
    if (way == 0) return {};
    const Fate fate = ways_[way - 1];
    memory_.note(sending.process, mixed(way, fate.delay));  // till its answer tells the rest
    --(fate.mishap >= Mishap::crash_before ? left_.crashes : left_.mishaps);
    return fate;
  }

 private:
  /// Which way this schedule goes here; the others are put aside to be tried later.
  std::uint32_t decide(std::uint64_t what, std::size_t others) {
    const std::uint32_t point = point_++;
    if (taken_ < path_.size()) {
      if (path_[taken_].point != point) return 0;
      return path_[taken_++].way;
    }
    if (cut_) return 0;
    const std::uint64_t state =
        mixed(mixed(digest(), what), std::uint64_t{left_.turns} << 40 |
                                         std::uint64_t{left_.crashes} << 20 | left_.mishaps);
    if (!known_.insert(state).second && bounds_.merges) {
      cut_ = true;
      stage_.world().stop();
      return 0;
    }
    for (std::size_t way = others; way > 0; --way) {
      Path path = path_;
      path.push_back({point, static_cast<std::uint32_t>(way)});
      waiting_.push_back(std::move(path));
    }
    return 0;
  }

  std::uint64_t digest() {
    World& world = stage_.world();
    std::uint64_t word = mixed(7, world.now());
    for (std::size_t i = 0; i < world.processes(); ++i) {
      const Process& process = world.process(i);
      word = mixed(word, memory_.told(i));
      word = mixed(word, process.ready_at);
      word = mixed(word, std::uint64_t{process.ended} << 1 | std::uint64_t{process.alive});
      // A process is a function of what it was told: with how far it has come, that is its state.
      word = mixed(word, process.operations);
      word = mixed(word, process.waits);
    }
    word = mixed(word, world.under_way());
    return mixed(word, names_below(Server::kRoot));
  }

  /// Of all names on the server, in no order.
  std::uint64_t names_below(Inode directory) {
    std::uint64_t all = 0;
    for (const Entry& entry : stage_.world().server().find(directory)->entries) {
      const Node& node = *stage_.world().server().find(entry.inode);
      std::uint64_t one = mixed(mixed(3, entry.name), node.contents);
      if (node.status.type == os::FileType::directory) one = mixed(one, names_below(entry.inode));
      all += one;
    }
    return all;
  }

  /// Whether it fails.
  bool run_one() {
    point_ = 0;
    taken_ = 0;
    cut_ = false;
    left_ = bounds_;
    memory_.reset(setting_.processes.size());
    Recording recording(*this);
    const auto mistake = stage_.run(setting_, recording, &memory_);
    ++result_.schedules;
    result_.states = known_.size();
    if (!cut_) result_.endings.insert(digest());
    if (!mistake) return false;
    result_.failure = Failure{setting_, recording.choices(), *mistake};
    return true;
  }

  const Setting& setting_;
  Bounds bounds_;
  Stage stage_;
  Memory memory_;
  std::vector<Fate> mishaps_;
  std::vector<Fate> ways_;
  std::vector<Path> waiting_;
  std::unordered_set<std::uint64_t> known_;
  Path path_;
  std::size_t taken_ = 0;
  std::uint32_t point_ = 0;
  bool cut_ = false;
  Bounds left_;
  Searched result_;
};

Setting small(std::size_t processes, std::size_t rounds) {
  Setting setting;
  setting.options.lifetime = std::chrono::milliseconds(200);
  setting.options.margin = std::chrono::milliseconds(20);
  setting.options.max_poll = std::chrono::milliseconds(100);
  setting.hosts.resize(processes);
  setting.processes.resize(processes);
  for (std::size_t i = 0; i < processes; ++i) {
    setting.hosts[i].name = std::string(1, static_cast<char>('a' + i));
    setting.hosts[i].machine = i + 1;
    setting.processes[i].host = i;
    setting.processes[i].rounds.resize(rounds);
  }
  return setting;
}

}  // namespace

const std::vector<Scene>& scenes() {
  static const std::vector<Scene> kScenes = [] {
    std::vector<Scene> all;
    all.push_back({"handover",
                   "2 processes x 2 acquires, a crash and a lost or late answer",
                   small(2, 2),
                   {.turns = 2, .crashes = 1, .mishaps = 1}});
    Setting overstay = small(3, 1);
    overstay.processes[0].rounds[0].hold = 2 * overstay.options.lifetime;
    all.push_back({"takeover",
                   "3 processes x 1 acquire, the first stays past its lease",
                   overstay,
                   {.turns = 2, .crashes = 0, .mishaps = 1}});
    Setting creation = small(3, 1);
    creation.lock_exists = false;
    all.push_back({"creation",
                   "3 processes make the lock at once",
                   creation,
                   {.turns = 2, .crashes = 0, .mishaps = 1}});
    Setting race = small(2, 1);
    // The observation of the waiter is complete when the holder renews, and when it gives back.
    race.processes[0].rounds[0].hold = std::chrono::milliseconds(446);
    race.processes[0].rounds[0].refreshes = 1;
    race.options.max_poll = std::chrono::milliseconds(20);
    all.push_back({"race",
                   "renewing and giving back against a take-over",
                   race,
                   {.turns = 2, .crashes = 0, .mishaps = 1}});
    return all;
  }();
  return kScenes;
}

Searched search(const Setting& setting, const Bounds& bounds, Duration at_most,
                const std::atomic<bool>& stop) {
  return Search(setting, bounds).run(at_most, stop);
}

}  // namespace holdfast::harness::sim
