// One history file, read from its beginning to what its writer committed last.
//
// The writer may have been killed at any instant, or may be writing still: what stands behind the
// committed length is passed over. Anything else that is not as layout.h says is a problem.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/history/event.h"
#include "harness/history/layout.h"
#include "harness/history/mapping.h"
#include "harness/result/result.h"

namespace holdfast::harness {

class HistoryFile {
 public:
  static Result<HistoryFile> open(const std::string& path);

  const std::string& path() const { return path_; }
  /// The header as it was when the file was opened.
  const layout::Header& header() const { return header_; }
  std::string worker() const { return header_.worker; }
  std::string host() const { return header_.host; }
  bool is_program() const { return header_.kind == layout::kProgram; }

  /// The next event, its instants as they were recorded; the names point into the file.
  struct Entry {
    Event event;
    std::string_view name;
    std::string_view other;
  };
  /// False at the end.
  Result<bool> next(Entry& entry);

 private:
  tl::unexpected<Problem> broken(const std::string& what) const;

  std::string path_;
  layout::Header header_{};
  Mapping map_;
  std::uint64_t offset_ = 0;  ///< of the next record, behind the header
  std::int64_t newest_ns_ = 0;
  bool cut_off_ = false;  ///< it is of a host whose power can be cut: its end may be half an event
};

}  // namespace holdfast::harness
