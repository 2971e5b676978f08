#include "harness/sharedmount/nemesis.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "harness/scenario/draw.h"
#include "harness/scenario/duration.h"

namespace holdfast::harness::mount {
namespace {

using nlohmann::json;
using Kind = MountFault::Kind;

/// How often it is looked for somebody inside: holds are short.
constexpr int kLooks = 60;
constexpr std::chrono::microseconds kBetweenLooks{300};

/// One strike, as the control channel takes it: at once, and once.
std::string line_of(const MountFault& fault, const std::string& host, Nanoseconds length) {
  json made = {{"fault", mount_fault_kinds()[static_cast<std::size_t>(fault.kind)]}};
  if (fault.kind == Kind::partition) {
    made["host"] = host;
    if (!fault.requests || !fault.replies) {
      made["direction"] = fault.requests ? "requests" : "replies";
    }
  }
  if (fault.kind == Kind::server_crash) made["forget"] = fault.forget;
  if (fault.kind != Kind::server_clock) made["for"] = print_duration(length);
  if (fault.offset) made["offset"] = print_duration(*fault.offset);
  if (fault.step) made["step"] = print_duration(*fault.step);
  return json{{"fault", made}}.dump();
}

}  // namespace

Nemesis::Nemesis(const std::vector<MountFault>& faults, std::uint64_t seed, NemesisDoors doors)
    : doors_(std::move(doors)) {
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (!faults[i].lasts() || faults[i].from_the_start()) continue;
    lines_.push_back({faults[i], Random(derived_seed(seed, "outage", i)), faults[i].at, 0});
  }
}

Nemesis::~Nemesis() { stop(); }

void Nemesis::begin() {
  if (lines_.empty()) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Nemesis::stop() {
  thread_.request_stop();
  finish();
}

void Nemesis::finish() {
  if (thread_.joinable()) thread_.join();
}

void Nemesis::run(const std::stop_token& stop) {
  const Clock::time_point began = doors_.now();
  while (!stop.stop_requested()) {
    Line* first = nullptr;
    for (Line& line : lines_) {
      if (line.next && (first == nullptr || *line.next < *first->next)) first = &line;
    }
    if (first == nullptr) return;
    doors_.sleep(stop, began + *first->next - doors_.now());
    if (!stop.stop_requested()) strike(stop, *first);
  }
}

void Nemesis::strike(const std::stop_token& stop, Line& line) {
  const MountFault& fault = line.fault;
  const Nanoseconds length = draw(fault.length, line.random);
  ++line.struck;
  if (fault.strikes_after(line.struck)) {
    *line.next += draw_interval(*fault.every, fault.jitter, line.random);
  } else {
    line.next.reset();
  }
  std::optional<std::string> host = fault.host;
  if (fault.host == "holder") host = find_holder(stop, line.random);
  if (!host) return doors_.refuse(fault, "nobody was inside");
  const auto answer = doors_.say(line_of(fault, *host, length));
  if (!answer) return doors_.refuse(fault, answer.error().text());
  if (answer->starts_with(R"({"problem")")) doors_.refuse(fault, *answer);
}

std::optional<std::string> Nemesis::find_holder(const std::stop_token& stop, Random& random) {
  for (int look = 0; look < kLooks && !stop.stop_requested(); ++look) {
    if (auto host = doors_.holders_host(random)) return host;
    doors_.sleep(stop, kBetweenLooks);
  }
  return std::nullopt;
}

}  // namespace holdfast::harness::mount
