// What a file operation of a lock can fail with: one list for all tests that try every error.
//
// By what the answer says of the request (protocol/outcome.h), since that is what the tests' claims
// depend on. Left out are errors of what no lock does: of sizes, of descriptors, of terminals.
// Source: rename(2), link(2), unlink(2), mkdir(2), open(2), utimensat(2), fsync(2), getdents(2),
// statx(2); nfs(5); RFC 1813 2.6.
#pragma once

#include <cerrno>
#include <vector>

namespace holdfast::os::testing {

/// Never applied, whatever the server and the client are like.
inline constexpr int kRefusals[] = {EACCES,    EPERM,  EROFS,  ENOSPC,     EDQUOT, ENAMETOOLONG,
                                    ENOTDIR,   ELOOP,  EMLINK, EOPNOTSUPP, EMFILE, ENFILE,
                                    ENOTEMPTY, ENOSYS, EINVAL, EXDEV,      EISDIR};

/// Applied, never applied, or to be applied yet. 999 is none that there is: what nobody knows says
/// nothing.
inline constexpr int kDoubts[] = {EIO,   ESTALE, ETIMEDOUT,  EINTR,     ENOMEM,
                                  EBUSY, EAGAIN, ECONNRESET, EREMOTEIO, 999};

/// Never applied; or what a second sending of something that was applied ends in.
inline constexpr int kAgain[] = {ENOENT, EEXIST};

/// All of them.
inline std::vector<int> all_errnos() {
  std::vector<int> all;
  for (const int error : kRefusals) all.push_back(error);
  for (const int error : kDoubts) all.push_back(error);
  for (const int error : kAgain) all.push_back(error);
  return all;
}

}  // namespace holdfast::os::testing
