// What each part of a situation adds to its digest.
#include "harness/sim/digest.h"

#include <algorithm>
#include <cctype>

#include "harness/sim/ledger.h"
#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

/// Of what comes in no order.
class Unordered {
 public:
  void add(const Digest& one) { sum_ += one.value(); }
  std::uint64_t value() const { return sum_; }

 private:
  std::uint64_t sum_ = 0;
};

Duration from(Duration now, Duration time) { return std::max(Duration::zero(), time - now); }

bool is_of_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// What a process has made beside the lock, under a name of its own: which process that was.
std::optional<std::size_t> maker_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const bool beside = name.starts_with(kLockName) && dot != name.npos && dot >= kLockName.size();
  const auto mark = beside ? mark_of(name.substr(dot + 1)) : std::nullopt;
  return mark ? std::optional(mark->process) : std::nullopt;
}

}  // namespace

/// Marks are told from the rest, so that they can be numbered.
void Digest::add_name(std::string_view name) {
  std::size_t begun = 0;
  for (std::size_t at = 0; at < name.size();) {
    std::size_t end = at;
    while (end < name.size() && is_of_word(name[end])) ++end;
    if (const auto mark = mark_of(name.substr(at, end - at))) {
      add(name.substr(begun, at - begun));
      add_process(mark->process);
      add(mark->which);
      begun = end;
    }
    at = std::max(end, at + 1);
  }
  add(name.substr(begun));
}

void Told::begin(const std::vector<Numbering>* numberings) {
  digests_.clear();
  looked_at_ = {};
  if (numberings == nullptr) return;
  for (const Numbering& one : *numberings) digests_.emplace_back(one);
}

void Told::add_names(const std::vector<std::string>& names) {
  for (Digest& digest : digests_) {
    Unordered all;
    for (const std::string& name : names) {
      Digest one = digest.part();
      one.add_name(name);
      all.add(one);
    }
    digest.add(all.value());
  }
}

void Told::add_to(Digest& digest, std::chrono::nanoseconds now) const {
  const Numbering* const numbering = digest.numbering();
  const std::size_t index = numbering == nullptr ? 0 : numbering->index;
  if (index < digests_.size()) digest.add(digests_[index].value());
  digest.add(now - looked_at_);
}

void Server::add_to(Digest& digest, Detail detail, Duration now) const {
  detail.now = os::ServerTime(now + setting_.offset);
  add_directory(digest, kRoot, detail);
}

void Server::add_directory(Digest& digest, Inode directory, const Detail& detail) const {
  Unordered all;
  for (const Entry& entry : nodes_[directory].entries) {
    if (detail.is_nobodys) {
      const auto maker = maker_of(entry.name);
      if (maker && detail.is_nobodys(*maker)) continue;
    }
    const Node& node = nodes_[entry.inode];
    Digest one = digest.part();
    one.add_name(entry.name);
    one.add(static_cast<std::uint64_t>(node.status.type) << 32 | node.status.links);
    if (!node.contents.empty()) one.add_name(node.contents);
    if (detail.handles) add_handle(one, entry.inode);
    if (detail.stamps) {
      one.add(detail.now - node.status.modified);
      one.add(detail.now - node.status.changed);
    }
    if (node.status.type == os::FileType::directory) add_directory(one, entry.inode, detail);
    all.add(one);
  }
  digest.add(all.value());
}

/// By who made it, and which of those it is: the same whatever others have made before.
void Server::add_handle(Digest& digest, Inode inode) const {
  if (inode == 0 || inode >= used_) {
    digest.add(std::uint64_t{inode});
    return;
  }
  digest.add_process(nodes_[inode].maker);
  digest.add(std::uint64_t{nodes_[inode].which});
}

void Client::add_to(Digest& digest, Duration now) const {
  for (const Lookup& one : lookups_) {
    server_.add_handle(digest, one.directory);
    digest.add_name(one.name);
    server_.add_handle(digest, one.inode);
    digest.add(from(now, one.expires));
  }
  for (const Names& one : listings_) {
    server_.add_handle(digest, one.directory);
    digest.add(now - (one.modified - os::ServerTime{}));
    digest.add(now - (one.changed - os::ServerTime{}));
    for (const std::string& name : one.names) digest.add_name(name);
    if (mount_.close_to_open) continue;
    const Node* const node = server_.find(one.directory);
    digest.add(node == nullptr ? 0 : node->version - one.version);
    digest.add(one.age);
    digest.add(from(now, one.expires));
  }
  for (const Attributes& one : attributes_) {
    server_.add_handle(digest, static_cast<Inode>(one.status.inode));
    digest.add(std::uint64_t{one.status.links});
    digest.add(now - (one.status.modified - os::ServerTime{}));
    digest.add(from(now, one.expires));
  }
}

void World::add_to(Digest& digest) const {
  // Handles matter to what is under way with them, and to what remembers them.
  const bool remembered = setting_->mount.remembers_anything();
  bool under_way = !late_.empty();
  for (std::size_t i = 0; i < used_; ++i) {
    under_way = under_way || (!processes_[i]->ended && processes_[i]->under_way);
  }
  Server::Detail detail{.handles = stamps_matter_ || remembered || under_way,
                        .stamps = stamps_matter_ || remembered};
  if (!setting_->shows_makings) detail.is_nobodys = [this](std::size_t i) { return left_alone(i); };
  server_.add_to(digest, detail, now_);
  for (std::size_t number = 0; number < used_; ++number) {
    const Numbering* const numbering = digest.numbering();
    const std::size_t i = numbering == nullptr ? number : numbering->process[number];
    add_host(digest, *processes_[i]->host);
    add_process(digest, *processes_[i]);
  }
  for (std::size_t i = 0; i < happened_.size(); ++i) {
    digest.add(happened_[i] ? Duration(-1) : from(now_, setting_->incidents[i].at));
  }
  digest.add(from(now_, down_until_));
}

/// How soon the server will have forgotten a request that is to come again.
void World::add_first(Digest& digest, std::uint64_t first) const {
  const std::size_t kept = setting_->server.remembered_requests;
  if (first != 0 && kept < ServerSetting::kAllRequests) digest.add(server_.since(first));
}

void World::add_host(Digest& digest, const HostState& host) const {
  host.client.add_to(digest, now_);
  digest.add(from(now_, host.stands_until));
  digest.add(from(now_, host.cut_until));
}

void World::add_process(Digest& digest, const Process& process) const {
  for (const Late& late : late_) {
    if (late.process == process.index) add_late(digest, late);
  }
  digest.add(std::uint64_t{process.lives} << 3 | std::uint64_t{process.ended} << 2 |
             std::uint64_t{process.alive} << 1 | std::uint64_t{process.killed});
  if (process.ended) return;
  digest.add(from(now_, process.ready_at));
  digest.add(static_cast<std::uint64_t>(process.woken));
  if (!process.alive) return;
  process.told.add_to(digest, now_);
  if (!process.befallen) return;
  process.unanswered.add_to(digest, now_);
  add_first(digest, process.sends_again);
}

void World::add_late(Digest& digest, const Late& late) const {
  digest.add(from(now_, late.due));
  add_first(digest, late.first);
  digest.add(static_cast<std::uint64_t>(late.request.call));
  server_.add_handle(digest, late.request.place.directory);
  server_.add_handle(digest, late.request.from.directory);
  server_.add_handle(digest, late.request.file);
  digest.add(std::uint64_t{late.request.life});
  if (late.request.call == Call::set_modified) {
    digest.add(now_ - late.request.time.time_since_epoch());
  }
  digest.add_name(late.name);
  digest.add_name(late.from_name);
  digest.add_name(late.contents);
}

/// Whether nothing that this process has made beside the lock can matter any more: it has ended, no
/// request of its own is under way, and nobody else can find it.
bool World::left_alone(std::size_t process) const {
  if (process >= used_) return false;
  return !processes_[process]->alive && late_requests(process) == 0;
}

/// Only what this process has of it: an answer may be on its way, and nobody else knows.
void World::remember(Told& told, const Operation& operation, int error) const {
  told.add(static_cast<std::uint64_t>(operation.call) << 32 | static_cast<std::uint32_t>(error));
  if (error != 0) return;
  if (operation.call == Call::list) {
    told.add_names(operation.listing->names);
    told.add(std::uint64_t{operation.listing->complete});
  } else if (operation.call == Call::read) {
    told.add_name(*operation.text);
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
    digest.add_process(grant->process);
    digest.add(std::uint64_t{grant->life} << 2 | std::uint64_t{grant->ended} << 1 |
               std::uint64_t{grant->by_another});
  };
  const Duration quiet_since =
      std::max(quiet_since_, std::min(world_->now(), world_->disturbed_until()));
  for (std::size_t number = 0; number < workers_.size(); ++number) {
    const Numbering* const numbering = digest.numbering();
    const Worker& worker = workers_[numbering == nullptr ? number : numbering->process[number]];
    digest.add(static_cast<std::uint64_t>(worker.stage) << 41 | std::uint64_t{worker.owes} << 40 |
               std::uint64_t{worker.crashed} << 39 | std::uint64_t{worker.life});
    if (worker.lease_end > world_->now()) digest.add(worker.lease_end - world_->now());
    // How soon its wait will be one too long.
    if (worker.stage == Stage::acquiring) {
      digest.add(world_->now() - std::max(quiet_since, worker.since));
    }
    if (kind_->wall_clocks) digest.add(worker.judged);
    if (worker.patience != Round::kForEver) {
      digest.add(world_->now() - worker.since);
      digest.add(disturbed_);
    }
    add_grant(worker.grant);
  }
  if (!grants_.empty()) add_grant(grants_.back().id);
  digest.add(highest_);
  digest.add(std::uint64_t{errors_injected_} << 1 | std::uint64_t{state_forgotten_});
}

void Ledger::add_grants(Digest& digest) const {
  for (const Grant& grant : grants_) {
    digest.add_process(grant.process);
    digest.add(std::uint64_t{grant.ended} << 1 | std::uint64_t{grant.by_another});
  }
}

bool Ledger::waits_for_ever(std::size_t process) const {
  const Worker& worker = workers_[process];
  return worker.stage == Stage::acquiring && worker.patience == Round::kForEver;
}

}  // namespace holdfast::harness::sim
