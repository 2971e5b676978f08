// A register: a directory with exactly one entry, whose name is a value; compare-and-swap is one
// rename(2) of that name to the next.
//
// Fault model: a rename's reply may be lost, its request resent by the kernel or applied long after
// the call has failed; a listing may be old; anybody may put foreign names into the directory. The
// register knows nothing of locks. What it asks of its users: a value never recurs (put a growing
// number or a nonce into it), and values are totally ordered, every swap going strictly up.
// Source: rename(2), RFC 1813 3.3.14; lib/README.md, "The register".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <system_error>

#include <holdfast/os/os.h>

namespace holdfast {

/// What a user of a register knows of its values, and the register does not.
struct Values {
  /// Whether a name claims to be a value: others (.nfs*, probes, notes) are passed over.
  std::function<bool(const std::string& name)> is_value;
  /// Whether it parses strictly; a value that does not is of a newer version, or damage.
  std::function<bool(const std::string& name)> is_valid;
  /// Whether `a` ranks below `b`. Both are valid.
  std::function<bool(const std::string& a, const std::string& b)> below;
};

enum class Swapped {
  yes,
  no,       ///< surely not applied, and never will be: somebody was first
  failed,   ///< surely not applied: refused by the system (ENOSPC, EACCES, ...)
  unknown,  ///< may have been applied, or may be yet
};

enum class Sight {
  value,        ///< exactly one valid value
  missing,      ///< no such directory
  torn,         ///< no value, or two: look again
  corrupt,      ///< the same wrong set over seconds, and after a touch
  unsupported,  ///< a value of a newer version, or damage
  foreign,      ///< not a directory, or a symbolic link
  failed,       ///< an error of the system
};

struct Seen {
  Sight sight = Sight::failed;
  std::string value;          ///< where sight is `value`
  os::Stamp returned{};       ///< when the listing had come back
  bool fresh = false;         ///< certainly fresh: touched, then listed, and not below what is known
  std::error_code error;      ///< where sight is `failed`
};

// The author of register.cc completes the class: create, look (cached or certainly fresh), swap.

}  // namespace holdfast
