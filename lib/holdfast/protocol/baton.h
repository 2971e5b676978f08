// `baton`: a lock that is one directory entry, and every change of it one rename(2).
//
// Fault model: requests are lost, resent, or applied long after they were reported as failed;
// listings are old; processes are killed or paused at any point; wall clocks show anything; raw
// clocks run apart by a known ratio. What follows from that, step by step, is in lib/README.md,
// "baton". The one rule behind all of it: every change names the exact state that it replaces.
//
// Split by idea: baton_acquire.cc takes, baton_settle.cc finds out what became of doubtful
// requests, baton_hold.cc renews and gives back, baton.cc tells. What may be taken over rules
// BatonJudge, how to wait knows LeaseProtocol, what a directory shows reads Register.
#pragma once

#include <holdfast/protocol/baton_judge.h>
#include <holdfast/protocol/baton_state.h>
#include <holdfast/protocol/lease_protocol.h>
#include <holdfast/protocol/register.h>

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

namespace holdfast {

class Baton final : public LeaseProtocol {
 public:
  Baton(std::string path, const Options& options, os::System system);

  Grant acquire(Patience patience, const Request& request, std::error_code& error) override;
  void refresh(Duration lifetime, std::error_code& error) override;
  void release(std::error_code& error) override;
  void break_shown(const std::string& shown, std::error_code& error) override;

  bool owes_release() const override;
  Token token() const override;

  State state(std::error_code& error) override;
  std::optional<Holder> holder(std::error_code& error) override;
  std::optional<os::WallTime> expiration(std::error_code& error) override;
  std::string claim_path() override { return {}; }

 private:
  struct Lease {
    os::Stamp sent{};
    Duration lifetime{};
  };
  /// A state that is ours, as far as this object knows.
  struct Hold {
    BatonState state;
    std::string name;
    os::Stamp sent{};     ///< before the first sending of the rename that made it
    os::Stamp touched{};  ///< when its file's times were set last
    bool told = false;    ///< the caller has had a Grant with its news
    /// `durable`: the newest lease that is on disk, where that is not the one above.
    std::optional<Lease> on_disk{};
  };
  struct Attempt;

  // baton_acquire.cc
  Step take_what_was_left(Attempt& attempt);
  Step look_and_act(Attempt& attempt);
  Step act_on(Attempt& attempt, const Seen& seen);
  Step act_on_value(Attempt& attempt, const Seen& seen);
  bool is_proof_due(Attempt& attempt, bool change);
  Step make(Attempt& attempt);
  Step take_free(Attempt& attempt, const BatonState& from, const std::string& name);
  Step burn_forward(Attempt& attempt, const BatonState& from, const std::string& name);
  Step take_over(Attempt& attempt, const BatonState& from, const std::string& name);
  Step take(Attempt& attempt, const std::string& from);
  Step not_applied(Attempt& attempt, Swap& swap);
  Step missed(Attempt& attempt);
  void foresee_release(const Attempt& attempt, const BatonState& held);
  void prepare_take(const BatonState& free);
  void prepare_hold();
  Step grant(Attempt& attempt, os::Stamp sent);
  Step turned_up(Attempt& attempt, const std::string& name);
  Step doubtful(Attempt& attempt);
  Step pause(Attempt& attempt);
  std::error_code end(Attempt& attempt);
  std::error_code check_place();

  // baton_settle.cc
  bool settle(Duration patience);
  bool settle_once(const Seen& seen, Duration patience);
  void burn(const std::string& base, Duration patience);
  Swap swap_seen(const std::string& from, const std::string& to, Duration patience);
  bool is_own(const std::string& name);
  void adopt(const std::string& name);
  std::error_code give_back(bool keep_news, Duration patience);
  std::error_code judge_gone(const Seen& seen);

  // baton_hold.cc
  std::error_code renew(Duration lifetime);
  std::error_code renewed(const BatonState& state, const std::string& name, os::Stamp sent);
  std::optional<std::error_code> judge_renewal(const Swap& swap, os::Stamp start);

  // baton.cc
  os::Stamp lease_start() const override { return hold_.sent; }
  Duration lease_left(const os::Stamp& now) const override;
  void forget_parent() override;
  void learn_self() override;
  std::error_code error_of(const Seen& seen);

  Register baton_;
  BatonJudge judge_;
  std::size_t host_bytes_ = kMostHost;  // what the file system's longest name leaves for the host

  Hold hold_;
  BatonState mine_;        // a held state of this process; only the rest is to be filled in
  BatonState left_;        // the free state that this object has left
  std::string left_name_;  // empty: not known to be the newest
  BatonState read_;        // the state that an acquire has looked at last
  std::string read_name_;
  BatonState stemmed_;    // the hold that was prepared last, without its nonce
  std::string stem_;      // and its name, likewise; empty: none
  std::string foreseen_;  // the state that `hold_` is prepared to replace; empty: none
};

}  // namespace holdfast
