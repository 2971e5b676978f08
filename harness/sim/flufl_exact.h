// The algorithm of flufl.lock 9, step by step as it is there, with its races.
//
// Written from its description, on the door of os.h: claim file, link, expiry by the lock file's
// modification time on the wall clock, breaking by unlink. It is here to be found wanting: what
// exploration finds in it is what its users have met. Differences: contents are never rewritten in
// place, and what it would raise as a system error is returned.
// Source: flufl.lock 9.0.0, measured; lib/README.md, "link".
#pragma once

#include <string>

#include "harness/sim/contender.h"

namespace holdfast::harness::sim {

class FluflExact final : public Contender {
 public:
  FluflExact(const Setting& setting, os::System system);

  std::error_code acquire(Duration patience) override;
  std::error_code refresh() override;
  std::error_code release() override;
  Duration remaining() const override;
  Token token() const override { return 0; }

 private:
  std::error_code touch(const std::string& path);
  std::error_code read(std::string& claim);
  /// Clear: locked, and renewed by that.
  std::error_code is_locked();
  std::error_code judge_busy();
  std::error_code break_if_expired();
  std::error_code break_lock();
  Duration nap();

  os::System system_;
  Duration lifetime_;
  Duration slop_;
  std::string claim_;
  bool granted_ = false;
  os::Stamp sent_{};  // before the touch that its lease counts from
};

std::unique_ptr<Contender> make_flufl_exact(const Setting& setting, os::System system);
/// Of a lock that is a file at kLock: each file is another grant.
Standing file_standing(const Server& server);

}  // namespace holdfast::harness::sim
