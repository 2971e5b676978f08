// The way of a request: from a process through its host's memory to the server, and back.
#include <algorithm>
#include <cerrno>

#include "harness/random/random.h"
#include "harness/sim/contender.h"
#include "harness/sim/process.h"
#include "harness/sim/world.h"

namespace holdfast::harness::sim {
namespace {

constexpr int kNoAnswer = -1;
constexpr Duration kSoftPatience = std::chrono::seconds(1);

/// Whether a request is sent, or arrives, after its process has looked up what it is about.
bool is_under_way(Mishap mishap) {
  return mishap != Mishap::pause && mishap != Mishap::late_reply && mishap != Mishap::crash_before;
}

std::error_code made(int error) {
  return error == 0 ? std::error_code() : std::error_code(error, std::system_category());
}

}  // namespace

std::error_code World::perform(Process& process, const Operation& operation) {
  if (!process.alive) throw Crash{};
  ++process.operations;
  ++process.calls[static_cast<std::size_t>(operation.call)];
  process.last_call = operation.call;
  process.about_to = &operation;
  process.told.add(kItAsks);
  turn(process);
  observer_->begins(process, operation);
  Fate fate;
  if (current_ == &process && !calm_) {
    fate = decisions_->fate({process.index, process.operations, operation.call,
                             process.calls[static_cast<std::size_t>(operation.call)]});
  }
  if (fate.mishap != Mishap::none) {
    process.befallen = true;
    process.under_way = is_under_way(fate.mishap);
    process.unanswered.begin(numberings_);
    process.unanswered.add(static_cast<std::uint64_t>(fate.mishap));
  }
  if (fate.mishap == Mishap::pause) wait(process, now_ + fate.delay);
  if (fate.mishap == Mishap::crash_before) {
    observer_->answered(process, operation, fate, kNoAnswer);
    crash(process);
  }
  Request request;
  int error = prepare(process, operation, request);
  if (error == 0) {
    error = send(process, operation, request, fate);
    // A handle that has become stale is looked up again, once, by the kernel itself.
    if (error == ESTALE && fate.mishap != Mishap::stale) {
      error = prepare(process, operation, request);
      if (error == 0) error = send(process, operation, request, {});
    }
    process.host->client.answered(request, error, now_);
  }
  process.about_to = nullptr;
  process.befallen = process.under_way = false;
  process.sends_again = 0;
  remember(process.told, operation, error);
  if (error == 0) tell_watches(*process.host, operation);
  observer_->answered(process, operation, fate, error);
  return made(error);
}

/// What the host itself answers, or what is to be sent.
int World::prepare(Process& process, const Operation& operation, Request& request) {
  Client& client = process.host->client;
  request = {};
  request.call = operation.call;
  request.contents = operation.contents;
  request.mode = operation.mode;
  request.life = process.lives;
  request.time = operation.time;
  switch (operation.call) {
    case Call::rename: {
      if (const int error = client.find_place(operation.path, now_, request.from)) return error;
      if (const int error = client.find_place(operation.to, now_, request.place)) return error;
      // Both names are looked up first, and what this host remembers may be the answer.
      if (client.look_up(request.from, now_) == 0) return ENOENT;
      client.look_up(request.place, now_);
      return 0;
    }
    case Call::link:
      if (const int error = client.find_place(operation.path, now_, request.from)) return error;
      request.file = client.look_up(request.from, now_);
      if (request.file == 0) return ENOENT;
      return client.find_place(operation.to, now_, request.place);
    case Call::unlink:
    case Call::remove_directory:
      if (const int error = client.find_place(operation.path, now_, request.place)) return error;
      return client.look_up(request.place, now_) == 0 ? ENOENT : 0;
    case Call::make_directory:
    case Call::create: return client.find_place(operation.path, now_, request.place);
    default: break;
  }
  if (const int error = client.find(operation.path, now_, request.file)) return error;
  const os::FileType type = server_.find(request.file)->status.type;
  const bool times = operation.call == Call::touch || operation.call == Call::set_modified;
  return times && type == os::FileType::symlink ? ELOOP : 0;
}

int World::send(Process& process, const Operation& operation, const Request& request,
                const Fate& fate) {
  if (setting_->latency_seed != 0) wait(process, now_ + latency(process));
  if (fate.mishap == Mishap::late_request) wait(process, now_ + fate.delay);
  if (!reach(process)) return EIO;
  const auto apply = [&](const Request& sent) {
    int error = execute(process, sent);
    read_back(process, operation, sent, error);
    if (fate.mishap != Mishap::none) remember(process.unanswered, operation, error);
    return error;
  };
  switch (fate.mishap) {
    case Mishap::failed: return EIO;
    case Mishap::stale: return ESTALE;
    case Mishap::refused: return EDQUOT;
    case Mishap::failed_late: send_late(process, request, fate.delay); return EIO;
    case Mishap::crash_late: send_late(process, request, fate.delay); break;
    case Mishap::silly: {
      const std::string name = ".nfs" + std::to_string(process.operations);
      Request aside = request;
      aside.call = Call::rename;
      aside.from = request.place;
      aside.place.name = name;
      const int error = apply(aside);
      aside.call = Call::unlink;
      if (error == 0) send_late(process, aside, fate.delay);
      return error;
    }
    default: {
      const int error = apply(request);
      const std::uint64_t first = changes_anything(request.call) ? server_.served() : 0;
      if (fate.mishap == Mishap::failed_applied) return EIO;
      if (fate.mishap == Mishap::late_reply) wait(process, now_ + fate.delay);
      if (fate.mishap == Mishap::duplicate) send_late(process, request, fate.delay, first);
      if (fate.mishap == Mishap::lost_reply) {
        process.sends_again = first;
        wait(process, now_ + fate.delay);
        if (!reach(process)) return EIO;
        return server_.remembers(first) ? error : apply(request);
      }
      if (fate.mishap != Mishap::crash_after) return error;
      break;
    }
  }
  observer_->answered(process, operation, fate, kNoAnswer);
  crash(process);
}

/// Waits until the server can be reached; false: gives up, as soft mounts do.
bool World::reach(Process& process) {
  const Duration begun = now_;
  for (;;) {
    const Duration until = std::max(down_until_, process.host->cut_until);
    if (until <= now_) return true;
    if (!setting_->mount.hard && now_ >= begun + kSoftPatience) return false;
    wait(process, setting_->mount.hard ? until : std::min(until, begun + kSoftPatience));
  }
}

int World::execute(Process& process, const Request& request) {
  server_.set_now(now_);
  server_.serve(process.index);
  const int error = server_.execute(request);
  if (error == 0 && changes_names(request.call)) observer_->applied(request, process);
  return error;
}

/// What the answer carries beside the error, as it is when the request is applied.
void World::read_back(Process& process, const Operation& operation, const Request& request,
                      int& error) {
  if (error != 0 || operation.call < Call::list) return;
  Client& client = process.host->client;
  const Node& node = *server_.find(request.file);
  const os::FileType type = node.status.type;
  if (operation.call == Call::list) {
    if (type == os::FileType::directory) {
      client.list(request.file, operation.most, now_, *operation.listing);
      if (!setting_->shows_makings) hide_makings(request.file, *operation.listing);
    } else {
      error = ENOTDIR;
    }
  } else if (operation.call == Call::read) {
    operation.text->clear();
    if (type == os::FileType::regular) {
      error = node.contents.size() > operation.most ? EFBIG : 0;
      if (error == 0) *operation.text = node.contents;
    } else {
      error = type == os::FileType::directory ? EISDIR
              : type == os::FileType::symlink ? ELOOP
                                              : EINVAL;
    }
  } else if (operation.call == Call::status) {
    *operation.status = client.status(request.file, operation.revalidate, now_);
  }
}

/// What processes make beside the lock is too young for anybody to collect.
void World::hide_makings(Inode directory, os::Listing& listing) const {
  if (directory != server_.look_up(Server::kRoot, "share")) return;
  std::erase_if(listing.names, [](const std::string& name) {
    return name.size() > kLockName.size() && name.starts_with(kLockName);
  });
}

/// `first`: the request that it is a copy of. That has left its host already.
void World::send_late(const Process& process, const Request& request, Duration delay,
                      std::uint64_t first) {
  const Duration leaves = first == 0 ? now_ + delay / 2 : now_ - Duration(1);
  late_.push_back({now_ + delay, leaves, process.index, first, request,
                   std::string(request.place.name), std::string(request.from.name),
                   std::string(request.contents)});
}

/// What a host has not sent yet goes on from there when it can.
void World::hold_back(const HostState& host, Duration until) {
  for (Late& late : late_) {
    const bool has_left = processes_[late.process]->host != &host || late.leaves < now_;
    if (has_left || late.leaves >= until) continue;
    late.due += until - late.leaves;
    late.leaves = until;
  }
}

/// The first of a process's late requests that is due arrives.
void World::deliver(std::size_t index) {
  const auto due = std::find_if(late_.begin(), late_.end(), [&](const Late& late) {
    return late.process == index && late.due <= now_;
  });
  if (due == late_.end()) return;
  if (down_until_ > now_) {
    due->due = down_until_;
    return;
  }
  Late late = std::move(*due);
  late_.erase(due);
  disturbed_at_ = now_;
  if (server_.remembers(late.first)) return;
  late.request.place.name = late.name;
  late.request.from.name = late.from_name;
  late.request.contents = late.contents;
  delivers_ = true;
  execute(*processes_[index], late.request);
  delivers_ = false;
}

void World::tell_watches(HostState& host, const Operation& operation) {
  if (!changes_names(operation.call)) return;
  for (SimWatch* const watch : host.watches) watch->tell(operation);
}

/// The same for the same operation of the same process, whatever else happens.
Duration World::latency(const Process& process) const {
  const std::uint64_t word =
      Random(setting_->latency_seed + process.index * 0x9e3779b97f4a7c15 + process.operations)
          .bits();
  // Mostly short, sometimes long.
  const auto most = static_cast<std::uint64_t>(Setting::kMostLatency.count()) >> (word & 7);
  return Duration(static_cast<Duration::rep>((word >> 8) % most));
}

}  // namespace holdfast::harness::sim
