// How the log of an emulated mount speaks of a request: "unlink lock: done, then ENOENT".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/history/event.h"

namespace holdfast::harness {

struct LoggedRequest {
  FileOp file = FileOp::none;  ///< none: of a kind that changes no name and no times
  /// One; several where its file was asked for by a handle: its program used one of these.
  std::vector<std::string> names;
  std::string other;        ///< the second one of rename and link
  std::string_view became;  ///< "done, then ENOENT", a part of the words; empty: of something else

  /// Of several as the log has them, "claim//lock": no path is like that.
  std::string name() const;

  /// As `became` says it of a request that succeeded.
  static constexpr std::string_view kDone = "done";
};

/// The unlinking of a file that somebody on its host has open is told of as that, not as the
/// renaming to `.nfsXXXX` that a client of NFS makes of it.
LoggedRequest read_logged_request(std::string_view words);

bool has_two_names(FileOp file);

}  // namespace holdfast::harness
