#include <holdfast/error.h>

namespace holdfast {
namespace {

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "holdfast"; }

  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::timed_out: return "timed out while another held the lock";
      case Errc::cancelled: return "cancelled";
      case Errc::stale_token: return "the fence has seen a higher token";
      case Errc::not_held: return "the lock is not held";
      case Errc::already_held: return "the lock is held already";
      case Errc::lost: return "the lock was lost";
      case Errc::outcome_unknown: return "the outcome is not known: the request may yet be applied";
      case Errc::wrong_protocol: return "the path holds a lock of the other protocol";
      case Errc::unsupported: return "made by a newer version, or damaged";
      case Errc::unsupported_file_system: return "this protocol is not safe on this file system";
      case Errc::corrupt:
        return "the lock's directory is in a state that no holdfast makes, or has gone back to an "
               "earlier one";
    }
    return "unknown error " + std::to_string(code);
  }

  /// So that callers can compare with the standard's conditions, where those say the same and can
  /// not be mistaken for an error of a file operation.
  std::error_condition default_error_condition(int code) const noexcept override {
    switch (static_cast<Errc>(code)) {
      case Errc::timed_out: return std::errc::timed_out;
      case Errc::cancelled: return std::errc::operation_canceled;
      case Errc::already_held: return std::errc::resource_deadlock_would_occur;
      case Errc::unsupported_file_system: return std::errc::not_supported;
      default: return {code, *this};
    }
  }
};

}  // namespace

const std::error_category& category() noexcept {
  static const Category instance;
  return instance;
}

std::error_code make_error_code(Errc code) noexcept { return {static_cast<int>(code), category()}; }

std::string Failure::text() const {
  if (!code) return {};
  return operation + " " + path + ": " + code.message();
}

Error::Error(Failure failure)
    : std::system_error(failure.code, failure.operation + " " + failure.path),
      failure_(std::move(failure)) {}

}  // namespace holdfast
