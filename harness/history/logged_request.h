// How the log of an emulated mount speaks of a request: "unlink lock: done, then ENOENT".
#pragma once

#include <string_view>

#include "harness/history/event.h"

namespace holdfast::harness {

/// The texts are parts of the words that were read.
struct LoggedRequest {
  FileOp file = FileOp::none;  ///< none: of a kind that changes no name and no times
  std::string_view name;
  std::string_view other;   ///< the second one of rename and link
  std::string_view became;  ///< "done, then ENOENT"; empty: the words are of something else

  /// As `became` says it of a request that succeeded.
  static constexpr std::string_view kDone = "done";
};

/// The unlinking of a file that somebody on its host has open is told of as that, not as the
/// renaming to `.nfsXXXX` that a client of NFS makes of it.
LoggedRequest read_logged_request(std::string_view words);

bool has_two_names(FileOp file);

}  // namespace holdfast::harness
