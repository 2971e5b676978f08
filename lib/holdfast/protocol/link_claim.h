// The names of claims, as flufl.lock writes them: LOCK|HOST|PID|RANDOM.
//
// A waiter's claim file has such a name, and its contents are its own full path as its maker
// spelled it. The lock file is a hard link of the winner's claim, so what it contains says who
// holds it. That text comes from a shared directory and is hostile: parsing is total and strict,
// and what does not parse is no claim. The directory that the contents spell is not compared and
// never used: hosts mount one share in different places, and relative paths depend on their maker's
// directory. What counts is the last component, looked up beside our own lock. Pure: no file
// operation. Source: lib/README.md, "link".
#pragma once

#include <holdfast/os/os.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// One claim: who wants, or has, the lock.
struct Claim {
  std::string host;          ///< as Python's socket.getfqdn gives it
  std::int64_t pid = 0;      ///< from 1
  std::uint64_t random = 0;  ///< below 2^63

  bool operator==(const Claim&) const = default;
};

/// The longest contents that can be a claim's: a path's greatest length.
inline constexpr std::size_t kMostClaimContents = 4096;

/// Whether claims can be told apart with this separator: 1 to 16 bytes, none of them a letter, a
/// digit, a slash or a control character.
bool separator_is_valid(std::string_view separator);

/// How the claims for one lock are named.
class ClaimForm {
 public:
  /// `lock_path` as given by the user; `separator` is valid.
  ClaimForm(const std::string& lock_path, std::string separator);

  /// The claim's path: beside the lock, spelled as the lock's path is. These are its contents too.
  std::string path(const Claim& claim) const;
  /// The claim that a name in the lock's directory stands for; nullopt if it is none of this
  /// lock's.
  ///
  /// A base name or a host that contains the separator is no obstacle here: the base name is known,
  /// and the two numbers are read from the right. (flufl.lock never breaks such a lock.)
  std::optional<Claim> parse_name(std::string_view name) const;
  /// The same for the contents of a lock file: a path whose last component is a claim's name.
  std::optional<Claim> parse_contents(std::string_view contents) const;

  /// The part of the lock's path up to and with its last slash; empty for a plain name.
  const std::string& directory() const { return directory_; }
  /// The lock's own name in that directory.
  const std::string& base() const { return base_; }

 private:
  std::string directory_;
  std::string base_;
  std::string separator_;
};

/// A host name that a claim can carry: what it must not contain is replaced by '-', and an empty or
/// overlong one is cut to what fits. flufl.lock's own names pass unchanged.
std::string claim_host(std::string_view host);

/// A claim's random number as this library draws it. flufl.lock's is any number below 2^63; ours
/// carries 28 bits of the machine's identity and 12 of the process's start before 23 random bits,
/// so that a pid and a host name which two containers share, or which a later process has again,
/// are not taken for a proof of anything.
std::uint64_t marked_random(const os::Process& self, std::uint64_t bits);
/// Whether the claim was made on this machine, in this pid namespace, by this library. False proves
/// nothing.
bool made_on_machine(const Claim& claim, const os::Process& self);
/// Whether it was made by this very process. False proves nothing.
bool made_by_process(const Claim& claim, const os::Process& self);

}  // namespace holdfast
