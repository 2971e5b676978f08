// Bugs that this harness has shown in locks that people use, ours included, and when it last did:
// reports/track-record.json, and the table that is made of it.
#pragma once

#include <string>
#include <vector>

#include "harness/commands/commands.h"
#include "harness/result/result.h"

namespace holdfast::harness {

struct KnownBug {
  std::string lock;     ///< with its version: "flufl.lock 5.0.1"
  std::string bug;      ///< a sentence's worth
  std::string found;    ///< "mutual_exclusion: premature_break"
  Arguments arguments;  ///< of holdfast: the command that shows it
  int status = 0;       ///< the exit status of a command that has shown it
  std::string commit;   ///< of the holdfast that showed it last
  std::string date;     ///< when that was: "2026-11-23"
};

/// Errors:  it is no track record, or one of another version; the place that does not fit.
Result<std::vector<KnownBug>> parse_track_record(const std::string& text, const std::string& file);
std::string track_record_json(const std::vector<KnownBug>& bugs);
std::string track_record_markdown(const std::vector<KnownBug>& bugs);

/// The command as a person types it in a shell.
std::string typed_command(const KnownBug& bug);

}  // namespace holdfast::harness
