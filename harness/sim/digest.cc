// What each part of a situation adds to its digest.
#include "harness/sim/digest.h"

#include <algorithm>

#include "harness/sim/ledger.h"
#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

/// Of names that come in no order.
class Unordered {
 public:
  void add(const Digest& one) { sum_ += one.value(); }
  std::uint64_t value() const { return sum_; }

 private:
  std::uint64_t sum_ = 0;
};

Duration from(Duration now, Duration time) { return std::max(Duration::zero(), time - now); }

}  // namespace

void Server::add_to(Digest& digest, Detail detail, Duration now) const {
  detail.now = os::ServerTime(now + offset_);
  add_directory(digest, kRoot, detail);
}

void Server::add_directory(Digest& digest, Inode directory, const Detail& detail) const {
  Unordered all;
  for (const Entry& entry : nodes_[directory].entries) {
    const Node& node = nodes_[entry.inode];
    Digest one;
    one.add(entry.name);
    one.add(static_cast<std::uint64_t>(node.status.type) << 32 | node.status.links);
    if (!node.contents.empty()) one.add(node.contents);
    if (detail.handles) one.add(entry.inode);
    if (detail.stamps) {
      one.add(detail.now - node.status.modified);
      one.add(detail.now - node.status.changed);
    }
    if (node.status.type == os::FileType::directory) add_directory(one, entry.inode, detail);
    all.add(one);
  }
  digest.add(all.value());
}

void Client::add_to(Digest& digest, Duration now) const {
  for (const Lookup& one : lookups_) {
    digest.add(one.directory);
    digest.add(one.name);
    digest.add(one.inode);
    digest.add(from(now, one.expires));
  }
  for (const Names& one : listings_) {
    digest.add(one.directory);
    digest.add(now - (one.modified - os::ServerTime{}));
    digest.add(now - (one.changed - os::ServerTime{}));
    for (const std::string& name : one.names) digest.add(name);
  }
  for (const Attributes& one : attributes_) {
    digest.add(one.status.inode);
    digest.add(one.status.links);
    digest.add(now - (one.status.modified - os::ServerTime{}));
    digest.add(from(now, one.expires));
  }
}

void World::add_to(Digest& digest) const {
  // Handles matter to what is under way with them, and to what remembers them.
  const bool remembered = setting_->mount.remembers || setting_->mount.version_3;
  server_.add_to(digest,
                 {.handles = stamps_matter_ || remembered || on_their_way_,
                  .stamps = stamps_matter_ || remembered},
                 now_);
  for (std::size_t i = 0; i < setting_->hosts.size(); ++i) {
    const HostState& host = *hosts_[i];
    host.client.add_to(digest, now_);
    digest.add(from(now_, host.stands_until));
    digest.add(from(now_, host.cut_until));
  }
  for (std::size_t i = 0; i < used_; ++i) {
    const Process& process = *processes_[i];
    digest.add(std::uint64_t{process.lives} << 3 | std::uint64_t{process.ended} << 2 |
               std::uint64_t{process.alive} << 1 | std::uint64_t{process.killed});
    if (process.ended) continue;
    digest.add(from(now_, process.ready_at));
    digest.add(static_cast<std::uint64_t>(process.woken));
    if (process.alive) process.told.add_to(digest, now_);
  }
  for (const Late& late : late_) {
    digest.add(from(now_, late.due));
    digest.add(late.process << 8 | static_cast<std::uint64_t>(late.request.call));
    digest.add(std::uint64_t{late.request.place.directory} << 32 | late.request.from.directory);
    digest.add(std::uint64_t{late.request.file} << 32 | late.request.life);
    digest.add(late.name);
    digest.add(late.from_name);
    digest.add(late.contents);
  }
  for (std::size_t i = 0; i < happened_.size(); ++i) {
    digest.add(happened_[i] ? Duration(-1) : from(now_, setting_->incidents[i].at));
  }
  digest.add(from(now_, down_until_));
  digest.add(restarts_);
}

/// Only what this process has of it: an answer may be on its way, and nobody else knows.
void World::remember(Process& process, const Operation& operation, int error) const {
  Told& told = process.told;
  told.add(static_cast<std::uint64_t>(operation.call) << 32 | static_cast<std::uint32_t>(error));
  if (error != 0) return;
  if (operation.call == Call::list) {
    Unordered names;
    for (const std::string& name : operation.listing->names) {
      Digest one;
      one.add(name);
      names.add(one);
    }
    told.add(names.value());
    told.add(std::uint64_t{operation.listing->complete});
  } else if (operation.call == Call::read) {
    told.add(std::string_view(*operation.text));
  } else if (operation.call == Call::status) {
    const os::FileStatus& status = *operation.status;
    told.add(static_cast<std::uint64_t>(status.type) << 32 | status.links);
    told.add(status.size);
    if (!stamps_matter_) return;
    const Duration present = now_ + setting_->server.offset;
    told.add(status.inode);
    told.add(present - status.modified.time_since_epoch());
    told.add(present - status.changed.time_since_epoch());
  }
}

void Ledger::add_to(Digest& digest) const {
  const auto add_grant = [&](std::uint64_t id) {
    const auto grant = std::find_if(grants_.rbegin(), grants_.rend(),
                                    [&](const Grant& one) { return one.id == id; });
    if (grant == grants_.rend()) return;
    digest.add(id);
    digest.add(std::uint64_t{grant->process} << 32 | std::uint64_t{grant->life} << 2 |
               std::uint64_t{grant->ended} << 1 | std::uint64_t{grant->by_another});
  };
  for (const Worker& worker : workers_) {
    digest.add(static_cast<std::uint64_t>(worker.stage) << 40 | std::uint64_t{worker.owes} << 39 |
               std::uint64_t{worker.life});
    if (kind_->wall_clocks) digest.add(worker.judged);
    if (worker.patience != Round::kForEver) digest.add(world_->now() - worker.since);
    add_grant(worker.grant);
  }
  if (!grants_.empty()) add_grant(grants_.back().id);
  digest.add(highest_);
  digest.add(std::uint64_t{errors_injected_} << 2 | std::uint64_t{state_forgotten_} << 1 |
             std::uint64_t{counts_.mishaps + counts_.incidents > 0});
}

bool Ledger::waits_for_ever(std::size_t process) const {
  const Worker& worker = workers_[process];
  return worker.stage == Stage::acquiring && worker.patience == Round::kForEver;
}

}  // namespace holdfast::harness::sim
