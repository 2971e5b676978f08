#include "harness/sim/shrink.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace holdfast::harness::sim {
namespace {

constexpr int kMostSeeds = 16;  // of random bits, for each process that is taken out

/// An actor's number when this process, or this incident, is there no more.
std::optional<Actor> without(Actor gone, Actor actor) {
  const auto kind = [](Actor one) {
    return one >= kTime ? kTime : one >= kIncident ? kIncident : one >= kLate ? kLate : 0;
  };
  const bool of_processes = kind(gone) == 0 && kind(actor) == kLate;
  if (kind(actor) != kind(gone) && !of_processes) return actor;
  const Actor index = actor - kind(actor), gone_index = gone - kind(gone);
  if (index == gone_index) return std::nullopt;
  return index < gone_index ? actor : actor - 1;
}

/// The choices that are left then.
Choices without(Actor gone, const Choices& choices) {
  Choices left;
  for (Choice choice : choices) {
    const auto actor = without(gone, choice.actor), instead = without(gone, choice.instead);
    if (!actor || (choice.what == Choice::What::turn && !instead)) continue;
    choice.actor = *actor;
    choice.instead = instead.value_or(0);
    left.push_back(choice);
  }
  return left;
}

class Shrinker {
 public:
  Shrinker(Failure failure, Stage& stage, int most)
      : best_(std::move(failure)), stage_(stage), left_(most) {}

  Failure run() {
    std::size_t size = 0;
    stage_.look_for(like(best_.mistake));
    do {
      size = weight();
      drop_choices();
      simplify_setting();
      shorten_delays();
    } while (weight() < size && left_ > 0);
    stage_.look_for({});
    return std::move(best_);
  }

 private:
  std::size_t weight() const {
    std::size_t rounds = 0;
    for (const ProcessSetting& process : best_.setting.processes) rounds += process.rounds.size();
    return best_.choices.size() + rounds + best_.setting.processes.size() +
           best_.setting.hosts.size() + best_.setting.incidents.size();
  }

  /// Keeps the candidate if it fails likewise. Choices whose moment never came go with it.
  bool keep(Setting setting, Choices choices) {
    if (left_-- <= 0) return false;
    Replaying decisions(choices);
    const auto mistake = stage_.run(setting, decisions);
    if (!mistake || mistake->checker != best_.mistake.checker ||
        mistake->cause != best_.mistake.cause ||
        mistake->out_of_contract != best_.mistake.out_of_contract) {
      return false;
    }
    const std::vector<std::size_t> missed = decisions.missed();
    for (auto gone = missed.rbegin(); gone != missed.rend(); ++gone) {
      choices.erase(choices.begin() + static_cast<std::ptrdiff_t>(*gone));
    }
    best_ = {std::move(setting), std::move(choices), *mistake, best_.seed};
    return true;
  }

  void drop_choices() {
    for (std::size_t chunk = std::max<std::size_t>(best_.choices.size() / 2, 1);; chunk /= 2) {
      for (std::size_t at = 0; at < best_.choices.size();) {
        Choices fewer = best_.choices;
        const std::size_t end = std::min(at + chunk, fewer.size());
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at),
                    fewer.begin() + static_cast<std::ptrdiff_t>(end));
        if (!keep(best_.setting, std::move(fewer))) at += chunk;
      }
      if (chunk <= 1) break;
    }
  }

  bool change(const std::function<void(Setting&)>& how) {
    Setting setting = best_.setting;
    how(setting);
    return keep(std::move(setting), best_.choices);
  }

  void simplify_setting() {
    for (std::size_t i = best_.setting.incidents.size(); i-- > 0;) {
      Setting setting = best_.setting;
      setting.incidents.erase(setting.incidents.begin() + static_cast<std::ptrdiff_t>(i));
      keep(std::move(setting), without(kIncident + static_cast<Actor>(i), best_.choices));
    }
    if (best_.setting.latency_seed != 0) change([](Setting& s) { s.latency_seed = 0; });
    for (std::size_t i = best_.setting.processes.size(); i-- > 0;) {
      simplify_process(i);
      if (best_.setting.processes[i].rounds.empty()) remove_process(i);
    }
    for (std::size_t i = best_.setting.hosts.size(); i-- > 0;) remove_host(i);
    for (std::size_t i = 0; i < best_.setting.hosts.size(); ++i) {
      if (best_.setting.hosts[i].clock != HostClock{}) {
        change([&](Setting& s) { s.hosts[i].clock = {}; });
      }
    }
    const Mount plain;
    const auto mend = [&](auto Mount::*member) {
      if (best_.setting.mount.*member != plain.*member) {
        change([&](Setting& s) { s.mount.*member = plain.*member; });
      }
    };
    mend(&Mount::version_3);
    mend(&Mount::remembers);
    mend(&Mount::hard);
    mend(&Mount::close_to_open);
    for (const std::size_t more : {ServerSetting::kAllRequests, std::size_t{4}, std::size_t{1}}) {
      if (best_.setting.server.remembered_requests >= more) break;
      change([&](Setting& s) { s.server.remembered_requests = more; });
    }
    simplify_options();
    if (best_.setting.latecomer) change([](Setting& s) { s.latecomer = false; });
    if (!best_.setting.lock_exists) change([](Setting& s) { s.lock_exists = true; });
  }

  /// A process without rounds does nothing. Those behind it get other numbers, and with them other
  /// random bits and latencies: where the failure hangs on these, some more are tried.
  void remove_process(std::size_t i) {
    if (best_.setting.processes.size() == 1) return;
    Setting setting = best_.setting;
    setting.processes.erase(setting.processes.begin() + static_cast<std::ptrdiff_t>(i));
    const Choices choices = without(static_cast<Actor>(i), best_.choices);
    for (int tries = 0; tries < kMostSeeds; ++tries, ++setting.chance_seed) {
      if (keep(setting, choices)) return;
    }
  }

  /// A host on which nothing runs, and to which nothing happens.
  void remove_host(std::size_t i) {
    Setting setting = best_.setting;
    for (ProcessSetting& process : setting.processes) {
      if (process.host == i) return;
      if (process.host > i) --process.host;
    }
    for (Incident& incident : setting.incidents) {
      const bool befalls_host = incident.kind != Incident::Kind::server_crash;
      if (befalls_host && incident.host == i) return;
      if (incident.host > i || incident.host + 1 == setting.hosts.size()) --incident.host;
    }
    setting.hosts.erase(setting.hosts.begin() + static_cast<std::ptrdiff_t>(i));
    keep(std::move(setting), best_.choices);
  }

  void simplify_process(std::size_t i) {
    const auto process = [&]() -> const ProcessSetting& { return best_.setting.processes[i]; };
    if (process().rounds.empty()) return;
    if (change([&](Setting& s) { s.processes[i].rounds.clear(); })) return;
    while (process().rounds.size() > 1 &&
           change([&](Setting& s) { s.processes[i].rounds.pop_back(); })) {
    }
    for (std::size_t r = process().rounds.size(); process().rounds.size() > 1 && r-- > 0;) {
      change([&](Setting& s) {
        auto& rounds = s.processes[i].rounds;
        rounds.erase(rounds.begin() + static_cast<std::ptrdiff_t>(r));
      });
    }
    if (process().restart_after != Duration::zero()) {
      change([&](Setting& s) { s.processes[i].restart_after = {}; });
    }
    for (std::size_t r = 0; r < process().rounds.size(); ++r) {
      const Round round = process().rounds[r];
      if (round.refreshes > 0) {
        change([&](Setting& s) { s.processes[i].rounds[r].refreshes = 0; });
      }
      if (round.hold != Duration::zero()) {
        change([&](Setting& s) { s.processes[i].rounds[r].hold = {}; });
      }
      simplify_extras(i, r);
      if (round.before != Duration::zero()) {
        change([&](Setting& s) { s.processes[i].rounds[r].before = {}; });
      }
    }
  }

  /// What a process does beside.
  void simplify_extras(std::size_t i, std::size_t r) {
    const Round plain;
    const auto drop = [&](auto Round::*member) {
      if (best_.setting.processes[i].rounds[r].*member == plain.*member) return;
      change([&](Setting& s) { s.processes[i].rounds[r].*member = plain.*member; });
    };
    drop(&Round::refresh_every);
    drop(&Round::stop_after);
    drop(&Round::tokens_ahead);
    drop(&Round::breaks);
    drop(&Round::asks);
    drop(&Round::keeper);
    drop(&Round::renewed_for);
    drop(&Round::unconditionally);
    drop(&Round::collects);
    drop(&Round::writes);
    drop(&Round::fork);
  }

  void simplify_options() {
    const Options plain;
    const auto drop = [&](auto Options::*member) {
      if (best_.setting.options.*member == plain.*member) return;
      change([&](Setting& s) { s.options.*member = plain.*member; });
    };
    drop(&Options::drift);
    drop(&Options::proof_of_death);
    drop(&Options::server_clock);
    drop(&Options::durable);
    drop(&Options::separator);
    drop(&Options::retry_errnos);
  }

  void shorten_delays() {
    for (std::size_t i = 0; i < best_.choices.size(); ++i) {
      const Choice choice = best_.choices[i];
      if (choice.what != Choice::What::fate || choice.fate.delay <= Duration(1000)) continue;
      for (const Duration shorter :
           {Duration(1000), choice.fate.delay / 10, choice.fate.delay / 2}) {
        Choices choices = best_.choices;
        choices[i].fate.delay = shorter;
        if (keep(best_.setting, std::move(choices))) break;
      }
      if (i >= best_.choices.size()) break;
    }
  }

  Failure best_;
  Stage& stage_;
  int left_;
};

}  // namespace

Failure shrink(Failure failure, Stage& stage, int most) {
  return Shrinker(std::move(failure), stage, most).run();
}

}  // namespace holdfast::harness::sim
