// `link`: a lock that flufl.lock (5 to 9) takes part in. The lock file is a hard link of the
// holder's claim, and its modification time says until when it is held.
//
// Fault model: requests are lost, resent, or applied after they were reported as failed; link(2)
// says what it likes; claims are removed by cleaners; the directory is hostile, and so is what a
// file in it contains. Wall clocks of all hosts agree to within `slop`: that is the protocol's
// premise, and cannot be mended from this side. What remains unsafe is in lib/README.md, "link".
//
// Three rules hold everywhere. A claim's time is renewed immediately before every link, so that no
// lock is born old. Whose a lock file is, its inode and its contents decide, never an answer.
// Nothing is unlinked at the lock's own name: it is moved aside first, and looked at again (Aside).
//
// Split by idea: link_acquire.cc takes, link_break.cc clears what has expired, link_hold.cc renews
// and gives back, link_file.cc makes, drops and recognizes claims, link.cc tells.
#pragma once

#include <holdfast/protocol/baton.h>
#include <holdfast/protocol/lease_protocol.h>
#include <holdfast/protocol/link_aside.h>
#include <holdfast/protocol/link_claim.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

namespace holdfast {

class Link final : public LeaseProtocol {
 public:
  Link(std::string path, const Options& options, os::System system);

  Grant acquire(Patience patience, const Request& request, std::error_code& error) override;
  void refresh(Duration lifetime, std::error_code& error) override;
  void release(std::error_code& error) override;

  bool owes_release() const override;
  Token token() const override { return 0; }

  State state(std::error_code& error) override;
  std::optional<Holder> holder(std::error_code& error) override;
  std::optional<os::WallTime> expiration(std::error_code& error) override;
  std::string claim_path() override;

 private:
  enum class Whose { ours, others, missing, unknown };

  /// This object's claim file. Its path is its contents too, and is never used again once the file
  /// was removed, or may have been.
  struct OwnClaim {
    std::string path;          ///< empty: none is drawn yet
    bool made = false;         ///< the file may be there
    bool doubtful = false;     ///< a link of it may be applied yet
    std::uint64_t device = 0;  ///< of the file, as far as it was seen
    std::uint64_t inode = 0;   ///< 0: not seen yet
  };
  /// What a lease may be counted from: a time was set at `sent` or later, this far ahead.
  struct Renewal {
    os::Stamp sent{};
    Duration lifetime{};
  };
  /// A file at the lock's path, as one status showed it.
  struct Sighting {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    os::ServerTime modified{};
    bool operator==(const Sighting&) const = default;
  };
  struct Attempt : Waiting {
    std::optional<Sighting> seen{};           ///< the lock file that stands in the way
    std::string contents{};                   ///< of that file; empty: not a claim, or not read
    bool dead = false;                        ///< as is proved
    std::optional<os::RawTime> clear_at{};    ///< not to be broken before
    std::optional<os::Stamp> barred_since{};  ///< it may not be broken by us
    int vanished = 0;                         ///< times in a row that it was there only to a link
  };

  // link_acquire.cc
  Step turn(Attempt& attempt);
  Step begin(Attempt& attempt);
  Step try_link(Attempt& attempt);
  Step judge_claim(Attempt& attempt, std::error_code linked, os::Stamp sent);
  Step not_ours(Attempt& attempt, std::error_code linked);
  Step grant(Attempt& attempt, os::Stamp sent);
  Step contend(Attempt& attempt);
  Step wait_for(Attempt& attempt, const Sighting& seen);
  void learn_holder(Attempt& attempt);
  void ask_for_death(Attempt& attempt);
  Step troubled(Attempt& attempt, std::error_code error);
  Step claim_is_gone(Attempt& attempt);
  Step pause(Attempt& attempt);
  std::error_code end(Attempt& attempt);
  std::error_code check_place();

  // link_break.cc
  Step clear(Attempt& attempt, const Sighting& stale, const std::string& contents);
  Step clear_alone(Attempt& attempt, const Sighting& stale, const std::string& contents);
  Step barred(Attempt& attempt, std::error_code error);
  bool is_stale_one(const std::string& path, const Sighting& stale, const std::string& contents);
  void remove_claim_of(const std::string& contents, const Sighting& stale);
  void sweep();
  bool is_of_the_dead(const std::string& name);
  std::optional<os::Process> provable(const Claim& claim) const;
  bool is_dead(const Claim& claim) const;
  Baton& breaker();

  // link_hold.cc
  std::error_code renew(Duration lifetime);
  std::optional<std::error_code> judge_renewal(const Renewal& renewal);
  void leave_open(const Renewal& renewal);
  Whose whose_if_seen_twice(const std::string& path);
  std::error_code restore_claim();
  std::error_code give_back(Duration patience);
  std::error_code remove_lock(Duration patience);
  std::optional<std::error_code> remove_lock_once(Duration patience);
  std::error_code finish_removal(Duration patience);

  // link_file.cc
  void draw_claim();
  std::error_code make_claim();
  std::error_code drop_claim(Duration patience);
  std::error_code drop_claim_once(Duration patience);
  bool is_claims_file(const os::FileStatus& status) const;
  bool is_aside();
  bool is_gone_for_good();
  Whose whose(const std::string& path);
  std::error_code look(const std::string& path, os::FileStatus& found);
  std::error_code read(const std::string& path, std::string& contents);

  // link.cc
  std::error_code error_of_type(os::FileType type);
  State state_of(const Claim& claim, bool own, bool expired) const;
  os::Stamp lease_start() const override { return lease_.sent; }
  Duration lease_left(const os::Stamp& now) const override;
  void forget_parent() override;
  void learn_self() override;
  bool is_retried(const std::error_code& error) const;

  std::string path_;
  ClaimForm form_;
  Aside aside_;
  std::unique_ptr<Baton> breaker_;  // made when there is something to break

  os::Process self_;
  std::string host_;  // as claims carry it

  OwnClaim claim_;
  Renewal lease_;
  std::optional<Renewal> open_;  // may count instead, now or later
};

}  // namespace holdfast
