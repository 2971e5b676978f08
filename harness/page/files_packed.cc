// File operations, one after the other, as packed numbers.
//
// Each: its worker; its end, after that of the one before; how long it took; which (FileOp); and
// the errno that it failed with, 0: it did not.
#include <string.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/page/packed.h"
#include "harness/page/timeline_parts.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

/// Those that are told of all of these, `most` at most.
std::vector<bool> wanted_files(const Played& played, const std::vector<const Event*>& files,
                               std::size_t most) {
  std::vector<bool> wanted(files.size(), files.size() <= most);
  if (files.size() <= most) return wanted;
  const auto mark = [&](std::int64_t at_ns, std::size_t around) {
    const auto at =
        std::lower_bound(files.begin(), files.end(), at_ns,
                         [](const Event* file, std::int64_t ns) { return file->at_ns < ns; });
    mark_around(static_cast<std::size_t>(at - files.begin()), around, wanted);
  };
  const auto& violations = played.report.violations;
  const std::size_t around = std::clamp<std::size_t>(most / (6 * violations.size() + 1), 1, 1'000);
  for (const Violation& violation : violations) {
    mark(violation.finding.from_ns, around);
    for (const Party& party : violation.finding.parties) mark(party.from_ns, around);
  }
  auto count = static_cast<std::size_t>(std::count(wanted.begin(), wanted.end(), true));
  for (std::size_t i = 0; i < wanted.size() && count < most; ++i) {
    if (!wanted[i]) ++count;
    wanted[i] = true;
  }
  return wanted;
}

}  // namespace

json files_json(const Played& played, std::size_t most) {
  std::vector<const Event*> files;
  for (const Event& event : played.history.events) {
    if (event.op == Op::file) files.push_back(&event);
  }
  const std::vector<bool> wanted = wanted_files(played, files, most);
  Packed packed;
  json errors = json::object();
  std::int64_t before_ns = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < files.size() && count < most; ++i) {
    if (!wanted[i]) continue;
    const Event& file = *files[i];
    const int error = file.phase == Phase::fail ? std::max(file.code, 1) : 0;
    const char* const name = error == 0 ? nullptr : ::strerrorname_np(error);
    if (name != nullptr) errors[std::to_string(error)] = name;
    ++count;
    packed.put(file.worker);
    packed.put_step(before_ns, file.at_ns);
    packed.put_length(file.began_ns, file.at_ns);
    packed.put(static_cast<std::uint64_t>(file.file));
    packed.put(static_cast<std::uint64_t>(error));
    before_ns = file.at_ns;
  }
  return {{"count", count}, {"of", files.size()}, {"errors", errors}, {"packed", packed.base64()}};
}

}  // namespace holdfast::harness
