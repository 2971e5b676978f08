// Files with faults, for tests: any operation can be refused, applied with its reply lost, applied
// only later, or be the last thing that the process does.
//
// Fault model: that of os.h. One fault hits one call; what hits nothing stays, and can be asked
// for.
#pragma once

#include <holdfast/os/os.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

namespace holdfast::os::testing {

enum class Operation {
  rename,
  link,
  unlink,
  make_directory,
  remove_directory,
  create,
  list,
  read,
  status,
  touch,
  set_modified,
  sync,
  file_system,
};

enum class Effect {
  refused,       ///< not applied; the error is returned
  reply_lost,    ///< applied; the error is returned all the same
  resent,        ///< applied, and sent again by the kernel: the second try's result is returned
  late,          ///< the error is returned; applied when deliver_late() is called
  repeated,      ///< applied and answered, and applied once more when deliver_late() is called
  crash_before,  ///< Crash is thrown, nothing is applied
  crash_after,   ///< applied, then Crash is thrown
};

/// Thrown in place of the end of a process.
struct Crash {};

struct Fault {
  Operation operation = Operation::rename;
  Effect effect = Effect::refused;
  int error = 0;              ///< errno, for the effects that return one
  std::size_t nth = 1;        ///< the n-th call that matches, counted from when the fault was added
  std::string to_contains{};  ///< only calls whose last path contains this
};

struct Call {
  Operation operation;
  std::string from;  ///< the only path, for operations on one
  std::string to;
  std::error_code error;
};

class FaultyFiles final : public Files {
 public:
  explicit FaultyFiles(Files& real) : real_(real) {}

  void add(Fault fault) { faults_.push_back(std::move(fault)); }
  void forget_faults() { faults_.clear(); }
  /// This process has no right to it: EACCES, whenever no fault says otherwise.
  void forbid(Operation operation) { forbidden_.insert(operation); }
  /// True when every fault has hit a call.
  bool all_hit() const { return faults_.empty(); }
  /// Applies what was to be applied later; what each returned.
  std::vector<std::error_code> deliver_late();
  bool has_late() const { return !late_.empty(); }

  /// Every call so far, in order. A crash before a call does not count as one.
  const std::vector<Call>& calls() const { return calls_; }
  std::size_t count(Operation operation) const;
  void forget_calls() { calls_.clear(); }

  /// Called before each operation is applied: where others do their part of an interleaving.
  std::function<void(const Call&)> before;
  /// Called after each operation, when it is known what it returned.
  std::function<void(const Call&)> after;
  /// Called with what a listing has found: a reader that meets renames half way may be shown less,
  /// or more, than was ever there at one time.
  std::function<void(const std::string& directory, Listing& found)> listed;

  std::error_code rename(const std::string& from, const std::string& to) override;
  std::error_code link(const std::string& from, const std::string& to) override;
  std::error_code unlink(const std::string& path) override;
  std::error_code make_directory(const std::string& path, std::uint32_t mode) override;
  std::error_code remove_directory(const std::string& path) override;
  std::error_code create(const std::string& path, const std::string& contents,
                         std::uint32_t mode) override;
  std::error_code list(const std::string& directory, std::size_t most, Listing& found) override;
  std::error_code read(const std::string& path, std::size_t most, std::string& contents) override;
  std::error_code status(const std::string& path, Revalidate revalidate,
                         FileStatus& found) override;
  std::error_code touch(const std::string& path) override;
  std::error_code set_modified(const std::string& path, WallTime time) override;
  std::error_code sync(const std::string& path) override;
  std::error_code file_system(const std::string& path, FileSystem& found) override;

 private:
  using Apply = std::function<std::error_code()>;
  /// `apply_later` must not refer to the caller's variables.
  std::error_code perform(Call call, const Apply& wanted, Apply apply_later);
  bool take_fault(const Call& call, Fault& taken);

  Files& real_;
  std::vector<Fault> faults_;
  std::set<Operation> forbidden_;
  std::deque<Apply> late_;
  std::vector<Call> calls_;
};

}  // namespace holdfast::os::testing
