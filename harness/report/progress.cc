#include "harness/report/progress.h"

#include <cmath>
#include <ostream>

#include "harness/report/figures.h"

namespace holdfast::harness {
namespace {

/// Of the line: also what the terminal itself wrote there, such as ^C.
constexpr const char* kEraseRest = "\x1b[K";

std::string how_far(const Progress& progress) {
  std::string text = clock_face(progress.elapsed);
  if (progress.duration) text += " of " + clock_face(*progress.duration);
  return text;
}

std::string crowd(const Progress& progress) {
  const bool even = progress.hosts != 0 && progress.workers % progress.hosts == 0;
  if (!even) return counted(progress.hosts, "host") + ", " + counted(progress.workers, "worker");
  return counted(progress.hosts, "host") + " x " +
         counted(progress.workers / progress.hosts, "worker");
}

std::string fault_counts(const Progress& progress) {
  if (progress.faults.empty()) return "no faults";
  std::string text = "faults";
  for (const auto& [kind, count] : progress.faults) text += " " + grouped(count) + " " + kind;
  return text;
}

/// At most `columns` characters of a text of which some are more than one byte.
std::string cut(const std::string& text, std::size_t columns) {
  std::size_t seen = 0, at = 0;
  while (at < text.size() && seen < columns) {
    do {
      ++at;
    } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
    ++seen;
  }
  return text.substr(0, at);
}

}  // namespace

std::string progress_line(const Progress& progress) {
  std::string line = progress.scenario + "  " + how_far(progress) + "   " + progress.contender +
                     "   " + crowd(progress) + "   " + grouped(progress.grants);
  if (progress.wanted_grants) line += " of " + grouped(*progress.wanted_grants);
  const double rate = progress.grants_per_second < 0 ? 0 : std::round(progress.grants_per_second);
  line +=
      " grants (" + grouped(static_cast<std::uint64_t>(rate)) + "/s)   " + fault_counts(progress);
  if (progress.violations) line += "   violations " + grouped(*progress.violations);
  return line;
}

void ProgressLine::show(const Progress& progress) {
  constexpr std::chrono::seconds kBetweenLines{5};
  const std::string line = progress_line(progress);
  if (columns_ == 0) {
    if (last_ && progress.elapsed - *last_ < kBetweenLines) return;
    last_ = progress.elapsed;
    out_ << line << std::endl;
    return;
  }
  rewrite(line);
}

void ProgressLine::show(const std::string& words) {
  if (columns_ != 0) rewrite(words);
}

void ProgressLine::rewrite(const std::string& line) {
  // The last column stays free: some terminals go to the next line once it is filled.
  out_ << '\r' << cut(line, columns_ - 1) << kEraseRest << std::flush;
  stands_ = true;
}

void ProgressLine::clear() {
  if (stands_) out_ << '\r' << kEraseRest << std::flush;
  stands_ = false;
}

}  // namespace holdfast::harness
