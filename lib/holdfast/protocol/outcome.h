// What an error of a system call says about whether the request was applied.
//
// A network file system can apply a request and lose the reply, or report a failure and apply the
// request later. So there are four answers, and "don't know" is one of them. It is the default: an
// errno is only called a refusal where no server and no client gives it after having sent a request
// that may yet be applied.
// Source: rename(2), mkdir(2), open(2), nfs(5) "soft"; RFC 1813 2.6 and 4.5.
#pragma once

#include <system_error>

namespace holdfast {

enum class Outcome {
  applied,  ///< no error
  absent,   ///< ENOENT: never applied, or applied by an earlier sending of the same request
  refused,  ///< never applied by this sending: no space, no right, no such thing
  unknown,  ///< applied, never applied, or to be applied yet
};

/// Reads an error of a system call that changes a directory.
Outcome outcome_of(const std::error_code& error);

/// Of a call that looks at a path: nothing is there; or what was there was replaced, again and
/// again, while this client looked it up.
bool is_gone(const std::error_code& error);

/// Whether looking again, a little later, may go better: for calls that change nothing.
bool is_passing(const std::error_code& error);

}  // namespace holdfast
