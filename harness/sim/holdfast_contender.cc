#include "harness/sim/holdfast_contender.h"

#include <charconv>
#include <string_view>

namespace holdfast::harness::sim {

Fence* HoldfastContender::fence() {
  if (fenced_ && !fence_) fence_.emplace(kFence, system_);
  return fence_ ? &*fence_ : nullptr;
}

std::error_code HoldfastContender::acquire(Duration patience) {
  std::error_code error;
  const bool for_ever = patience == Round::kForEver;
  lock_.acquire(for_ever ? Patience::for_ever() : Patience::of(patience), {}, error);
  return error;
}

std::error_code HoldfastContender::refresh() {
  std::error_code error;
  lock_.refresh(std::nullopt, error);
  return error;
}

std::error_code HoldfastContender::release() {
  std::error_code error;
  lock_.release(error);
  return error;
}

std::unique_ptr<Contender> make_own(const Setting& setting, os::System system) {
  Options options = setting.options;
  if (setting.contender == "link") options.protocol = ProtocolKind::link;
  return std::make_unique<HoldfastContender>(options, system);
}

/// The names are read here without the library's own codec, which is part of what is explored.
Standing baton_standing(const Server& server) {
  Standing standing;
  const Inode share = server.look_up(Server::kRoot, "share");
  const Node* const lock = server.find(server.look_up(share, "lock"));
  if (lock == nullptr) return standing;
  int states = 0;
  for (const Entry& entry : lock->entries) {
    const std::string_view name = entry.name;
    if (!name.starts_with("held,") && !name.starts_with("free,")) continue;
    ++states;
    standing.held = name.front() == 'h';
    std::from_chars(name.data() + 5, name.data() + name.size(), standing.grant);
  }
  standing.broken = states != 1;
  if (!standing.held) standing.grant = 0;
  return standing;
}

void prepare_baton(Server& server) {
  const Inode share = server.look_up(Server::kRoot, "share");
  server.execute({.call = Call::make_directory, .place = {share, "lock"}, .mode = 0777});
  server.execute({.call = Call::create,
                  .place = {server.look_up(share, "lock"), "free,1000,0,0"},
                  .mode = 0666});
}

}  // namespace holdfast::harness::sim
