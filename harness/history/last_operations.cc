#include "harness/history/last_operations.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "harness/history/logged_request.h"

namespace holdfast::harness {
namespace {

/// What comes behind "after mkdir 6: "; empty: it was killed otherwise, or before.
std::string_view done_before(const Fault& kill) {
  const std::string_view what = kill.at_operation;
  const std::size_t colon = what.find(": ");
  if (kill.kind != "kill" || !kill.effective || kill.worker == kNobody) return {};
  return what.starts_with("after ") && colon != what.npos ? what.substr(colon + 2)
                                                          : std::string_view();
}

struct Last {
  const Fault* kill;
  LoggedRequest request;
};

std::vector<Last> find_last(const History& history) {
  std::vector<Last> found;
  for (const Fault& fault : history.faults) {
    const LoggedRequest request = read_logged_request(done_before(fault));
    if (request.file == FileOp::none || request.became != LoggedRequest::kDone) continue;
    found.push_back({&fault, request});
  }
  return found;
}

/// The numbers of their names; those that nobody has named before are added.
std::map<std::string, std::uint32_t> number_names(const std::vector<Last>& all,
                                                  std::vector<std::string>& names) {
  std::map<std::string, std::uint32_t> numbers;
  for (const Last& last : all) {
    numbers.emplace(last.request.name(), 0);
    numbers.emplace(last.request.other, 0);
  }
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    const auto found = numbers.find(names[i]);
    if (found != numbers.end()) found->second = i;
  }
  for (auto& [name, number] : numbers) {
    if (name.empty() || number != 0) continue;
    number = static_cast<std::uint32_t>(names.size());
    names.emplace_back(name);
  }
  return numbers;
}

}  // namespace

void add_last_operations(History& history) {
  const std::vector<Last> all = find_last(history);
  if (all.empty()) return;
  std::map<std::uint32_t, Event> newest;  // of each of these workers
  for (const Last& last : all) newest[last.kill->worker];
  for (const Event& event : history.events) {
    const auto found = newest.find(event.worker);
    if (found != newest.end()) found->second = event;
  }
  const auto numbers = number_names(all, history.names);
  std::vector<Event>& events = history.events;
  const auto recorded = static_cast<std::ptrdiff_t>(events.size());
  for (const auto& [kill, request] : all) {
    const Event& before = newest[kill->worker];
    Event event;
    event.op = Op::file;
    event.phase = Phase::ok;
    event.file = request.file;
    event.worker = kill->worker;
    event.lock = before.lock;
    event.name = numbers.at(request.name());
    event.other = numbers.at(request.other);
    event.at_ns = kill->start_ns;
    event.began_ns = std::min(before.at_ns, event.at_ns);
    const bool is_there = before.op == event.op && before.phase == event.phase &&
                          before.file == event.file && before.at_ns == event.at_ns;
    if (!is_there) events.push_back(event);
  }
  std::inplace_merge(events.begin(), events.begin() + recorded, events.end(),
                     [](const Event& a, const Event& b) { return a.at_ns < b.at_ns; });
}

}  // namespace holdfast::harness
