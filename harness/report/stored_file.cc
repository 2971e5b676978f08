#include "harness/report/stored_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace holdfast::harness {
namespace {

std::error_code last_error() { return {errno, std::generic_category()}; }

}  // namespace

Result<std::string> read_stored(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return problem(path, "open this", last_error());
  std::ostringstream text;
  text << in.rdbuf();
  // An empty file sets failbit of the target stream only; a failed read sets badbit of the source.
  if (in.bad()) return problem(path, "read this", last_error());
  return text.str();
}

Result<void> write_stored(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    if (!out) return problem(fresh, "make this", last_error());
    out << text << std::flush;
    if (!out) return problem(fresh, "write this", last_error());
  }
  std::error_code error;
  std::filesystem::rename(fresh, path, error);
  if (error) return problem(path, "put this in place", error);
  return {};
}

}  // namespace holdfast::harness
