// What can go wrong with a lock, as error codes of their own category.
//
// A lost reply is neither success nor failure: `outcome_unknown` is a value of its own, and the
// caller is told what may still happen. Errors of the system keep their own code; the path and the
// operation are in the text of the exception and in Failure.
#pragma once

#include <string>
#include <system_error>

namespace holdfast {

enum class Errc {
  timed_out = 1,            ///< patience ended while another held the lock
  cancelled,                ///< a stop was requested
  stale_token,              ///< the fence has seen a higher token
  not_held,                 ///< this object does not hold the lock
  already_held,             ///< this object holds the lock already
  lost,                     ///< the lock was held and is another's now, or free
  outcome_unknown,          ///< a request may or may not have been applied, or may be applied yet
  wrong_protocol,           ///< the path holds a lock of the other protocol
  unsupported,              ///< made by a newer version, or damaged: nothing was touched
  unsupported_file_system,  ///< this protocol is not safe here
  corrupt,                  ///< the lock's directory is in a state that no holdfast makes
};

const std::error_category& category() noexcept;
std::error_code make_error_code(Errc code) noexcept;

/// Where an operation went wrong.
struct Failure {
  std::error_code code;
  std::string operation;  ///< "acquire"; for errors of the system with the call: "acquire: rename"
  std::string path;

  /// "acquire: rename /mnt/a/lock: Permission denied".
  std::string text() const;
};

/// What the throwing forms throw.
class Error : public std::system_error {
 public:
  explicit Error(Failure failure);
  const Failure& failure() const noexcept { return failure_; }

 private:
  Failure failure_;
};

}  // namespace holdfast

template <>
struct std::is_error_code_enum<holdfast::Errc> : std::true_type {};
