#include "harness/sharedmount/stale_repeats.h"

#include <cerrno>

namespace holdfast::harness::mount {
namespace {

/// The repeat comes at once, but its thread has to get a processor.
constexpr std::chrono::seconds kComesWithin{1};
/// Of each of two names: whether it is still there, and again what it leads to; and that of a
/// client which opens what it renames. Whoever looks more often is not on the way to a repeat.
constexpr int kMostLookups = 5;

/// Whether it may have been asked by path. A lookup is part of another operation.
bool may_be_repeated(const Request& request) {
  return request.caller.thread > 0 && request.action != Action::lookup &&
         !is_of_open_file(request.action);
}

/// Whether an open file, too, is asked so: without its name, and then not once more.
bool may_be_of_an_open_file(Action action) {
  return action == Action::stat || action == Action::set || action == Action::list ||
         action == Action::link;
}

/// Its first name is one that it makes.
bool makes_its_name(Action action) {
  return action == Action::create || action == Action::mkdir || action == Action::mknod ||
         action == Action::symlink;
}

bool is_second_name(const Request& of, const Request& named) {
  return of.other && of.other == named.node && of.other_name == named.name;
}

/// What the kernel may ask before it comes to the repeat: the attributes of the directories on the
/// way; and an open that empties its file sets the size of what it has opened.
bool is_on_the_way(const Request& request, const Request& first) {
  return request.action == Action::stat ||
         (request.action == Action::open && first.action == Action::set &&
          request.node == first.node);
}

bool same_operation(const Request& a, const Request& b) {
  return a.action == b.action && a.node == b.node && a.name == b.name && a.other == b.other &&
         a.other_name == b.other_name;
}

/// The client first moves away what is open and is to be removed, or replaced (silly rename). What
/// was moved in spite of the error is not moved again.
bool removes_what_was_moved(const Request& request, const Request& moved) {
  if (moved.action != Action::rename) return false;
  const bool removes =
      request.action == Action::unlink && request.node == moved.node && request.name == moved.name;
  return removes || (request.action == Action::rename && is_second_name(request, moved));
}

Reply passing(Reply reply) {
  reply.passing = true;
  return reply;
}

Reply failed_with(int error) {
  Reply failed;
  failed.error = error;
  return passing(failed);
}

}  // namespace

void StaleRepeats::remember(const Request& request, NodePtr source, Instant now) {
  if (!may_be_repeated(request)) return;
  const bool makes = makes_its_name(request.action);
  if (!request.name.empty() && !makes && !source) return;  // the kernel sees so, and asks nothing
  if (makes) source = nullptr;  // that others may have made the name just before is not shown
  std::erase_if(refused_, [&](const auto& one) { return one.second.until < now; });
  Refused& refused = refused_[asker(request)];
  refused = {request, std::move(source), now + kComesWithin};
  refused.request.data.clear();
  const bool is_root = !request.node->parent;  // no name leads to it that could be looked up
  refused.looked_up = is_root || !may_be_of_an_open_file(request.action);
}

std::optional<Reply> StaleRepeats::answer(const Request& request, Instant now) {
  const auto at = refused_.find(asker(request));
  if (at == refused_.end()) return std::nullopt;
  Refused& first = at->second;
  if (first.until < now) {
    refused_.erase(at);
    return std::nullopt;
  }
  if (request.action == Action::lookup) {
    if (first.lookups == kMostLookups) return std::nullopt;
    auto shown = look_up(first, request);
    if (shown) ++first.lookups;
    return shown;
  }
  const bool is_repeat = first.looked_up && (same_operation(first.request, request) ||
                                             removes_what_was_moved(request, first.request));
  if (!is_repeat && is_on_the_way(request, first.request)) return std::nullopt;
  refused_.erase(at);
  return is_repeat ? std::optional(failed_with(ESTALE)) : std::nullopt;
}

std::optional<Reply> StaleRepeats::look_up(Refused& first, const Request& lookup) const {
  const Request& request = first.request;
  // Of a link the first name is looked up before: if it leads nowhere, no repeat comes.
  if (is_second_name(request, lookup)) {
    return first.looked_up ? std::optional(failed_with(ENOENT)) : std::nullopt;
  }
  if (!request.name.empty()) {
    if (request.node != lookup.node || request.name != lookup.name) return std::nullopt;
    if (!first.source) return failed_with(ENOENT);
    return passing(store_.shown(first.source));
  }
  if (request.node != store_.known(*lookup.node, lookup.name)) return std::nullopt;
  first.looked_up = true;
  // Attributes that the kernel believed would spare it the repeat.
  return passing(store_.execute(lookup));
}

}  // namespace holdfast::harness::mount
