#include "harness/nemesis/crash_mark.h"

#include <cerrno>
#include <fstream>

namespace holdfast::harness {

Result<void> write_crash_mark(const std::string& path, const CrashMark& mark) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << mark.at_ns << " " << mark.operation << "\n" << std::flush;
  if (out) return {};
  return problem(path, "write down a kill", std::error_code(errno, std::generic_category()));
}

std::optional<CrashMark> read_crash_mark(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  CrashMark mark;
  if (!(in >> mark.at_ns) || in.get() != ' ') return std::nullopt;
  if (!std::getline(in, mark.operation) || in.eof()) return std::nullopt;
  return mark;
}

}  // namespace holdfast::harness
