#include <algorithm>
#include <cerrno>
#include <cmath>
#include <map>
#include <vector>

#include "harness/report/event_words.h"
#include "harness/report/figures.h"
#include "harness/report/text_parts.h"

namespace holdfast::harness {
namespace {

/// Where the right one of two columns begins.
constexpr std::size_t kSecondColumn = 56;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string figure(const char* name, std::int64_t ns) {
  const std::string value = human_duration(ns);
  return std::string(name) + " " + std::string(value.size() < 6 ? 6 - value.size() : 0, ' ') +
         value;
}

std::string step(const char* name, const Histogram& histogram, bool with_max) {
  std::string line = padded(name, 10);
  if (histogram.count() == 0) return line + "none";
  line +=
      figure("p50", histogram.percentile(0.5)) + "   " + figure("p99", histogram.percentile(0.99));
  if (with_max) line += "   " + figure("max", histogram.max());
  return line;
}

std::string columns(const std::string& left, const std::string& right) {
  return padded("  " + left, kSecondColumn) + right + "\n";
}

std::string fairness(const Fairness& fairness) {
  return padded("fairness", 10) + "Jain " + with_decimals(fairness.jain, 2) + ", longest wait " +
         human_duration(fairness.longest_wait_ns) + ", most bypassed " +
         times(fairness.most_bypassed);
}

/// Whether this error tells that somebody else was first, rather than that something is wrong.
bool lost_race(FileOp op, int code) {
  switch (op) {
    case FileOp::rename:
    case FileOp::unlink:
    case FileOp::rmdir: return code == ENOENT || code == EEXIST || code == ENOTEMPTY;
    case FileOp::utime: return code == ENOENT;
    case FileOp::link:
    case FileOp::symlink:
    case FileOp::mkdir:
    case FileOp::open_create: return code == EEXIST || code == ENOENT;
    default: return false;
  }
}

bool not_there(FileOp op, int code) {
  return code == ENOENT && (op == FileOp::stat || op == FileOp::open_read || op == FileOp::list);
}

/// "ENOENT 1,204 (lost races)", "ESTALE 3"
std::vector<std::string> errors(const std::map<FileOp, OperationCount>& operations) {
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts;
  for (const auto& [op, count] : operations) {
    for (const auto& [code, failed] : count.failed) {
      const char* meaning = lost_race(op, code)   ? " (lost races)"
                            : not_there(op, code) ? " (not there when looked at)"
                                                  : "";
      counts[{name_of_errno(code), meaning}] += failed;
    }
  }
  std::vector<std::string> list;
  for (const auto& [what, count] : counts) {
    list.push_back(what.first + " " + grouped(count) + what.second);
  }
  if (list.empty()) list.emplace_back("none");
  return list;
}

std::string per_grant(const Measures& measures) {
  std::uint64_t sum = 0;
  for (const auto& [op, count] : measures.operations) {
    sum += count.ok;
    for (const auto& [code, failed] : count.failed) sum += failed;
  }
  constexpr double kWithoutDecimals = 100;
  const double mean = static_cast<double>(sum) / static_cast<double>(measures.grants);
  return mean < kWithoutDecimals ? with_decimals(mean, 1)
                                 : grouped(static_cast<std::uint64_t>(std::llround(mean)));
}

std::string operations(const Measures& measures) {
  if (!measures.operations_recorded) return "  file operations were not recorded\n";
  std::string text, line = "  file operations per grant " + per_grant(measures) + "   errors:";
  std::string comma;
  for (const std::string& error : errors(measures.operations)) {
    line += comma;
    if (line.size() + 1 + error.size() >= kColumns) {
      text += line + "\n";
      line = "   ";
    }
    line += " " + error;
    comma = ",";
  }
  return text + line + "\n";
}

/// What the server was asked for, those first that it was asked for most.
std::string nfs_line(const Report& report) {
  auto asked = report.facts.nfs_operations;
  if (asked.empty()) return {};
  std::sort(asked.begin(), asked.end(),
            [](const auto& a, const auto& b) { return a.count > b.count; });
  const auto grants = static_cast<double>(report.measures.grants);
  const auto per_grant_of = [&](std::uint64_t count) {
    return with_decimals(static_cast<double>(count) / grants, 2);
  };
  std::uint64_t sum = 0;
  for (const auto& one : asked) sum += one.count;
  std::string line = "  NFS operations per grant " + per_grant_of(sum) + "  ";
  for (const auto& one : asked) {
    const std::string word = " " + one.operation + " " + per_grant_of(one.count);
    if (static_cast<double>(one.count) < grants / 200 || line.size() + word.size() >= kColumns) {
      break;
    }
    line += word;
  }
  return line + "\n";
}

}  // namespace

std::string figure_lines(const Report& report) {
  const Measures& measures = report.measures;
  if (measures.grants == 0) return {};
  return columns(step("wait", measures.all.wait, true), step("hold", measures.all.hold, false)) +
         columns(step("handoff", measures.all.handoff, false), fairness(measures.fairness)) +
         operations(measures) + nfs_line(report);
}

}  // namespace holdfast::harness
