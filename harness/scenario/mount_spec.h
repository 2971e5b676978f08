// The emulated mount of a scenario: whose habits it has, and what goes wrong on it.
// The format, with every key, unit and default, is scenarios/README.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/result/result.h"
#include "harness/scenario/distribution.h"

namespace holdfast::harness {

/// How long a client trusts what it knows: `least` after a change, twice as long after each look
/// that showed none, never above `most`. Both 0: not at all.
struct Trust {
  Nanoseconds least{};
  Nanoseconds most{};
};

enum class Links { counted, shown_as_one, refused };
enum class Inodes { of_the_file, of_the_name };
/// What a rename moves: what has the name when it is carried out; or what had it when the client
/// opened it, before, as on SMB.
enum class Renames { of_the_name, of_the_file };

/// One thing that goes wrong, now and then or for a while.
struct MountFault {
  enum class Kind {
    // what happens to single requests
    lost_reply,  ///< carried out, not answered, sent again: the second answer is what counts
    duplicate,   ///< carried out and answered, and later carried out once more
    delay,       ///< arrives at the server later
    reorder,     ///< arrives after others that were sent later
    error,       ///< is answered with an error
    hang,        ///< does not arrive
    // what happens for a while
    partition,     ///< a host and the server do not reach each other
    server_pause,  ///< the server does nothing
    server_crash,  ///< it is away, and may have forgotten what it had acknowledged last
    server_clock,  ///< its clock is set
  };
  enum class Applied { no, yes, later };

  Kind kind = Kind::lost_reply;
  // Which requests.
  std::string host = "any";
  std::string path = "*";               ///< a pattern as in the shell; "*" reaches over slashes
  std::vector<std::string> operations;  ///< none: any
  double probability = 1;
  std::optional<std::uint64_t> nth;    ///< the n-th alone, from 1, that matches on a host
  std::optional<std::uint64_t> times;  ///< at most that often, in all
  Nanoseconds from{};                  ///< after the start
  std::optional<Nanoseconds> until;
  // When, for what lasts a while.
  Nanoseconds at{};
  std::optional<Nanoseconds> every;
  double jitter = 0;
  // What.
  Distribution length;    ///< how long, or how much later
  bool for_ever = false;  ///< hang: until it is ended, whatever `length` says
  std::string error;      ///< "EIO"
  Applied applied = Applied::no;
  std::uint64_t overtaken_by = 1;     ///< reorder
  std::uint64_t forget = 0;           ///< server_crash: how many changes
  std::optional<Nanoseconds> offset;  ///< server_clock
  std::optional<Nanoseconds> step;    ///< server_clock: added to what it is off by already
  bool requests = true;               ///< partition: they do not get through
  bool replies = true;                ///< partition: nor do these

  bool lasts() const { return kind >= Kind::partition; }
  /// By time: whether one more strike follows these.
  bool strikes_after(std::uint64_t strikes) const { return every && (!times || strikes < *times); }
  /// A clock that is off before anybody is told of a stamp, as a host's clock without a time is.
  bool from_the_start() const {
    return kind == Kind::server_clock && !every && at <= Nanoseconds{};
  }
};

/// A mount. What is not given is as the profile says.
struct MountSpec {
  std::string emulate = "nfs3-default";
  std::optional<Trust> files;
  std::optional<Trust> directories;
  std::optional<Nanoseconds> tick;
  std::optional<Links> links;
  std::optional<Inodes> inodes;
  std::optional<Renames> renames;
  std::optional<bool> any_case;
  std::optional<bool> root_squash;
  std::optional<Nanoseconds> soft;  ///< gives up then; none: never, as a hard mount
  std::vector<MountFault> faults;
};

/// The names of the profiles, and what each stands for.
struct MountProfile {
  std::string name;
  std::string about;
};
const std::vector<MountProfile>& mount_profiles();

/// The words for MountFault::Kind, in its order; for Action names; for errors.
const std::vector<std::string>& mount_fault_kinds();
const std::vector<std::string>& mount_operations();
/// The errno of an error that a fault may give; 0: of none such.
int mount_error(const std::string& name);

/// Whether this fault has a server forget that never does: only that of "nfs-async" can.
bool never_forgets(const MountFault& fault, const std::string& emulate);

/// Reads what stands behind "mount" in a scenario, or one of its faults, from a text of its own.
/// `hosts`: that can be named. Problems name `file` and the place.
Result<MountSpec> parse_mount(const std::string& text, const std::string& file,
                              const std::vector<std::string>& hosts);
Result<MountFault> parse_mount_fault(const std::string& text, const std::string& file,
                                     const std::vector<std::string>& hosts);

}  // namespace holdfast::harness
