#include <holdfast/protocol/outcome.h>

#include <cerrno>

namespace holdfast {

Outcome outcome_of(const std::error_code& error) {
  if (!error) return Outcome::applied;
  if (error.category() != std::system_category() && error.category() != std::generic_category()) {
    return Outcome::unknown;
  }
  switch (error.value()) {
    case ENOENT: return Outcome::absent;
    case ENOSPC:
    case EDQUOT:
    case EACCES:
    case EPERM:
    case EROFS:
    case ENAMETOOLONG:
    case ENOTDIR:
    case EISDIR:
    case EEXIST:
    case ENOTEMPTY:
    case ELOOP:
    case EXDEV:
    case EMLINK:
    case EINVAL:
    case ENOSYS:
    case EOPNOTSUPP:
    case EMFILE:
    case ENFILE: return Outcome::refused;
    default: return Outcome::unknown;
  }
}

bool is_gone(const std::error_code& error) {
  return outcome_of(error) == Outcome::absent ||
         (outcome_of(error) == Outcome::unknown && error.value() == ESTALE);
}

bool is_passing(const std::error_code& error) { return outcome_of(error) == Outcome::unknown; }

}  // namespace holdfast
