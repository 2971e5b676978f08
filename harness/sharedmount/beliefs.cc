#include "harness/sharedmount/beliefs.h"

#include <algorithm>

namespace holdfast::harness::mount {
namespace {

/// For so long a program may be on its way with a name that its kernel must ask for by now.
constexpr std::chrono::seconds kOnItsWay{1};

}  // namespace

View& Beliefs::view(const NodePtr& node) {
  View& view = views_[node->id];
  if (!view.node) view.node = node;
  return view;
}

View* Beliefs::find(std::uint64_t id) {
  const auto at = views_.find(id);
  return at == views_.end() ? nullptr : &at->second;
}

void Beliefs::forget(std::uint64_t id, std::uint64_t lookups) {
  if (View* const view = find(id)) {
    view->lookups -= std::min(view->lookups, lookups);
    tidy(id);
  }
}

void Beliefs::tidy(std::uint64_t id) {
  const View* const view = find(id);
  if (view != nullptr && view->lookups == 0 && view->opens == 0 && view->node->parent) {
    known_names_.forget(id);
    views_.erase(id);
  }
}

void Beliefs::expire(View& view, Instant at, std::vector<Expired>& expired) {
  for (const std::string& name : view.names) {
    expired.push_back({view.node->id, name});
    known_names_.lapse(view.node->id, name, at + kOnItsWay);
  }
  view.names.clear();
}

bool Beliefs::learn(const NodePtr& node, const Change& now, Instant at,
                    std::vector<Expired>& expired) {
  View& known = view(node);
  const bool directory = !node->parent || S_ISDIR(node->type);
  const Trust& trust = directory ? manners_.directories : manners_.files;
  const bool changed = !known.seen_before || !(known.seen == now);
  if (changed) {
    known.trust = trust.least;
    if (known.seen_before) expire(known, at, expired);
  } else if (at >= known.asked + known.trust) {
    known.trust = std::min(2 * known.trust, trust.most);
  }
  known.seen_before = true;
  known.seen = now;
  known.asked = at;
  return changed;
}

void Beliefs::learn(const Reply& reply, bool own_change, Instant at,
                    std::vector<Expired>& expired) {
  for (const Witness& witness : reply.directories) {
    learn(witness.directory, witness.before, at, expired);
    if (own_change) view(witness.directory).seen = witness.after;
  }
}

void Beliefs::tried_to_change(const NodePtr& directory) {
  if (View* const known = find(directory->id)) known->listing.reset();
}

Nanoseconds Beliefs::name_given(const Place& place, const NodePtr& node, pid_t thread, Instant at) {
  View& known = view(place.directory);
  const bool kept = node ? manners_.keep_found : manners_.keep_missing;
  const Nanoseconds trust = kept ? known.trust : Nanoseconds{};
  if (trust > Nanoseconds{}) known.names.insert(place.name);
  if (node) {
    const Nanoseconds late = trust > Nanoseconds{} ? kOnItsWay : Nanoseconds{};
    known_names_.told(place, node, thread, at + trust + late, at);
  } else {
    known_names_.gone(place);
  }
  return trust;
}

Entries Beliefs::listing(const NodePtr& directory, const Entries& fresh, const Change& now) {
  if (!manners_.keep_listings) return fresh;
  View& known = view(directory);
  if (!known.listing || !(known.listed == now)) {
    known.listing = fresh;
    known.listed = now;
  }
  return known.listing;
}

}  // namespace holdfast::harness::mount
