// A register: a directory with exactly one entry, whose name is a value; compare-and-swap is one
// rename(2) of that name to the next.
//
// Fault model: a rename's reply may be lost, its request resent by the kernel or applied long after
// the call has failed; a listing may be old, torn or hostile; anybody may put foreign names into
// the directory, or put something else in its place. The register knows nothing of locks. What it
// asks of its users: a value never recurs (put a growing number or a nonce into it), and values are
// ordered, every swap going strictly up. What it gives them: every answer says what is certain, and
// "don't know" is one of the answers. It keeps no descriptor: all work is by path.
// Source: rename(2), RFC 1813 3.3.14; lib/README.md, "The register".
#pragma once

#include <holdfast/error.h>
#include <holdfast/os/os.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <vector>

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

struct RegisterSettings {
  std::uint32_t directory_mode = 0777;  ///< less the umask
  std::uint32_t file_mode = 0666;       ///< less the umask
};

enum class Sight {
  value,        ///< exactly one valid value, not below the highest known
  old,          ///< exactly one valid value, below the highest known: decides nothing
  missing,      ///< no such directory
  torn,         ///< no value, or several: decides nothing
  corrupt,      ///< the same torn or old set over seconds, and after a touch
  unsupported,  ///< a value of a newer version, or damage; nothing may be touched
  foreign,      ///< something else than a directory is at the path: see `type`
  failed,       ///< an error of the system
};

struct Seen {
  Sight sight = Sight::failed;
  std::string value;      ///< where sight is `value` or `old`
  os::Stamp returned{};   ///< when the listing had come back: observations count from here
  bool fresh = false;     ///< certainly fresh: touched, then listed, and it decides
  std::error_code error;  ///< where sight is `failed`; else why it is not fresh, if it was to be
  os::FileType type = os::FileType::directory;  ///< where sight is `foreign`

  /// Certainly fresh, and shows a value.
  bool certain() const { return fresh && sight == Sight::value; }
};

enum class Swapped {
  yes,     ///< `to` is the value, or was
  no,      ///< `from` is gone for good and `to` is not there: another swap, or one beyond `to`
  failed,  ///< never applied by this call, `from` still stands: refused by the system, or not found
  unknown,  ///< may have been applied, or may be yet
};

struct Swap {
  Swapped outcome = Swapped::unknown;
  os::Stamp sent{};       ///< before the first sending of `to`: a lease counts from here
  std::error_code error;  ///< the system's answer; clear where the first call succeeded
  Seen seen;              ///< the look that decided; unset where the first call succeeded

  /// Whether `from` is there, and only this client does not know of it: it has looked for it in
  /// vain before, as for the target of a renewal that "failed" and was applied. See
  /// Register::missed().
  bool unseen() const;
};

enum class Created { yes, there, failed, unknown };

/// A name that this process has sent and that may still be applied, or be the value already.
struct SentName {
  std::string name;
  std::string base;  ///< the value that it was to replace
  os::Stamp sent{};  ///< before its first sending
};

/// One register at one path, which need not exist yet, and does not end in a slash. Never throws
/// for what a file system does: every answer carries its error.
///
/// Units:   every `patience` runs on this host's clock; zero means one attempt.
/// Threads: one thread at a time per Register; several on one path exclude each other.
/// Source:  lib/README.md, "The register".
class Register {
 public:
  Register(std::string path, Values values, os::System system, RegisterSettings settings = {});

  const std::string& path() const { return path_; }
  os::System system() const { return system_; }

  /// One listing, as the client shows it: good for waiting, decides nothing but `foreign`.
  Seen look();

  /// A name that this host's kernel has just seen being renamed into the directory: as good as a
  /// look, and cheaper. nullopt: it tells nothing new, or nothing that could be used; look.
  std::optional<Seen> heard(const std::string& name);

  /// Touches the directory, then lists it; again, for at most `patience`, while that decides
  /// nothing. Where `missing`, changes the parent and lists once more. At least one attempt is
  /// made, and a torn listing is repeated at once a few times, whatever `patience` is.
  ///
  /// Errors: a Seen that is not fresh decides nothing. Its `error` is a refusal (outcome.h) where
  ///         this process may not change the directory: then nothing here is ever certain.
  Seen look_afresh(Duration patience, const std::stop_token& stop = {});

  /// Replaces the value `from` by `to`, with one rename; settles a doubtful answer by looking
  /// afresh for at most `patience`. `from` is a value that the newest look, or the last own swap,
  /// has shown.
  ///
  /// Errors: no_buffer_space where kMostSent requests are in doubt and the server does not answer:
  ///         nothing was sent.
  Swap swap(const std::string& from, const std::string& to, Duration patience,
            const std::stop_token& stop = {});

  /// Makes the register with this first value, where there is none: look first.
  ///
  /// Errors: `failed` with the system's error (ENOENT: the parent is missing); see last_failure().
  ///         `there`: somebody was first, or something else is at the path; look_afresh tells.
  Created create(const std::string& first, std::error_code& error);

  /// A swap did not find the value that a listing shows: only this client does not know of it, and
  /// may not for half a minute. Another change of the directory may mend that, once the server's
  /// clock has gone on; asking on and on would be a storm of requests. Changes it from the second
  /// time on. `misses`: how often that has happened in a row, which this counts.
  ///
  /// Returns: how long to rest before the next look.
  Duration missed(int& misses);

  /// fsync(2) of the directory, and once of its parent.
  std::error_code make_durable();

  /// Sets the times of the value's file, lest a cleaner that looks for old files deletes it. Never
  /// makes it. The error is for information: the file may be another user's.
  std::error_code keep_young(const std::string& value);

  /// The names whose fate is open, oldest first. At most kMostSent; none in a forked child.
  const std::vector<SentName>& sent() const;
  /// nullptr: not sent by this process, or settled.
  const SentName* find_sent(const std::string& name) const;

  /// The highest value seen, sent from or confirmed; empty: none.
  const std::string& highest() const { return highest_; }

  /// The newest error of the system, with its call ("rename") and path.
  const Failure& last_failure() const { return last_failure_; }

  /// The file system's present time, as it stamps a file that is made, and removed, in the
  /// directory.
  std::optional<os::ServerTime> server_time();

  static constexpr std::size_t kMostSent = 64;
  static constexpr std::size_t kMostNames = 65536;  ///< a longer listing counts as torn
  static constexpr Duration kLookAgain = std::chrono::milliseconds(20);
  static constexpr int kMostMisses = 5;  // after which the rest between two grows no more
  static constexpr Duration kCorruptAfter = std::chrono::seconds(3);

 private:
  friend class RegisterMaker;

  // register_look.cc
  Seen look_once(bool touched);
  std::error_code probe(const std::string& directory, const char* prefix,
                        os::FileStatus* status = nullptr);
  Seen look_touched();
  Seen touch_and_look();
  std::error_code stir();
  void read_listing(bool touched, os::Stamp started, Seen& seen);
  Sight judge_wrong(Sight sight, bool touched, os::Stamp started, os::Stamp returned);
  void judge_foreign(Seen& seen);

  // register.cc
  bool make_room(Seen& seen, Duration patience, const std::stop_token& stop);
  const SentName& note_sent(const std::string& from, const std::string& to);
  void forget(const std::string& name);
  void raise_highest(const std::string& value);
  void settle(const std::string& value);
  void confirm(const std::string& to);
  void judge_swap(const std::string& from, const std::string& to, bool sent_before, Swap& swap);
  void drop_names_of_parent_process();
  std::error_code note(std::error_code error, const char* call, const std::string& path);
  std::string parent() const;
  std::uint64_t nonce();

  std::string path_;
  Values values_;
  os::System system_;
  RegisterSettings settings_;

  std::string highest_;
  std::vector<SentName> sent_;
  std::uint64_t fork_count_;
  bool parent_synced_ = false;

  // The wrong set that look() saw last, and since when: only what persists is `corrupt`.
  Sight wrong_ = Sight::value;
  std::vector<std::string> wrong_names_;
  os::Stamp wrong_since_{};
  os::Stamp wrong_last_{};
  int wrong_looks_ = 0;

  bool known_directory_ = false;  // the newest listing showed one: it may be touched

  // Kept between calls, so that a look and a swap allocate little or nothing.
  os::Listing listing_;
  std::string from_path_;
  std::string to_path_;
  Failure last_failure_;
};

}  // namespace holdfast
