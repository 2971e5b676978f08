#include "harness/sharedmount/known_names.h"

#include <algorithm>

namespace holdfast::harness::mount {
namespace {

/// For each name; of threads that have ended nobody is told. One who is not among them any more
/// counts as one who was told nothing.
constexpr std::size_t kMostThreads = 64;
/// For each file.
constexpr std::size_t kMostNames = 256;

}  // namespace

void KnownNames::told(const Place& place, const NodePtr& node, pid_t thread, Instant until,
                      Instant now) {
  const Key which = key(place);
  const auto before = nodes_.find(which);
  const bool is_other = before != nodes_.end() && before->second != node->id;
  if (is_other) erase(which);
  // A directory has one name, and another one is what it is called now.
  if (S_ISDIR(node->type)) forget(node->id);
  std::vector<Known>& names = names_[node->id];
  for (Known& known : names) std::erase(known.threads, thread);
  Known* known = find(which);
  if (known == nullptr) {
    known = &names.emplace_back();
    known->place = place;
    nodes_[which] = node->id;
  }
  known->until = until;
  known->turn = ++last_turn_;
  if (thread != 0) known->threads.push_back(thread);
  if (known->threads.size() > kMostThreads) known->threads.pop_front();
  tidy(node->id, now);
}

void KnownNames::tidy(std::uint64_t node, Instant now) {
  std::vector<Known>& names = names_.at(node);
  const auto drop = [&](const auto& which) {
    std::erase_if(names, [&](const Known& known) {
      const bool dropped = known.turn != last_turn_ && which(known);
      if (dropped) nodes_.erase(key(known.place));
      return dropped;
    });
  };
  drop([&](const Known& known) { return known.until <= now && known.threads.empty(); });
  if (names.size() <= kMostNames) return;
  const auto oldest = std::ranges::min_element(names, {}, &Known::turn)->turn;
  drop([&](const Known& known) { return known.turn == oldest; });
}

void KnownNames::gone(const Place& place) { erase(key(place)); }

void KnownNames::moved(const Place& from, const Place& to) {
  const Key old = key(from);
  if (old == key(to)) return;
  erase(key(to));
  Known* const known = find(old);
  if (known == nullptr) return;
  known->place = to;
  nodes_[key(to)] = nodes_.at(old);
  nodes_.erase(old);
}

void KnownNames::lapse(std::uint64_t directory, const std::string& name, Instant at) {
  Known* const known = find({directory, name});
  if (known != nullptr) known->until = std::min(known->until, at);
}

void KnownNames::forget(std::uint64_t node) {
  const auto names = names_.find(node);
  if (names == names_.end()) return;
  for (const Known& known : names->second) nodes_.erase(key(known.place));
  names_.erase(names);
}

std::vector<Place> KnownNames::used(std::uint64_t node, pid_t thread, Instant now) const {
  const auto names = names_.find(node);
  if (names == names_.end()) return {};
  const Known* newest = nullptr;
  const Known* own = nullptr;
  for (const Known& known : names->second) {
    if (newest == nullptr || known.turn > newest->turn) newest = &known;
    if (std::ranges::find(known.threads, thread) != known.threads.end()) own = &known;
  }
  const Known* const told = own != nullptr ? own : newest;
  std::vector<Place> used;
  for (const Known& known : names->second) {
    if (&known == told || known.until > now) used.push_back(known.place);
  }
  return used;
}

std::vector<Place> KnownNames::all(std::uint64_t node) const {
  std::vector<Place> places;
  const auto names = names_.find(node);
  if (names == names_.end()) return places;
  for (const Known& known : names->second) places.push_back(known.place);
  return places;
}

KnownNames::Known* KnownNames::find(const Key& which) {
  const auto node = nodes_.find(which);
  if (node == nodes_.end()) return nullptr;
  std::vector<Known>& names = names_.at(node->second);
  const auto at =
      std::ranges::find_if(names, [&](const Known& known) { return key(known.place) == which; });
  return at == names.end() ? nullptr : &*at;
}

void KnownNames::erase(const Key& which) {
  const auto node = nodes_.find(which);
  if (node == nodes_.end()) return;
  const auto names = names_.find(node->second);
  std::erase_if(names->second, [&](const Known& known) { return key(known.place) == which; });
  if (names->second.empty()) names_.erase(names);
  nodes_.erase(node);
}

}  // namespace holdfast::harness::mount
