#include "harness/commands/voice.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <ostream>

namespace holdfast::harness {

Voice::Voice(std::ostream& out, LogLevel level, std::size_t columns)
    : out_(out), level_(level), line_(out, columns) {}

void Voice::progress(const Progress& progress) {
  if (level_ >= LogLevel::info) line_.show(progress);
}

void Voice::doing(const std::string& words) {
  if (level_ >= LogLevel::info) line_.show(words);
}

void Voice::say(LogLevel level, const std::string& words) {
  if (level > level_) return;
  line_.clear();
  out_ << "holdfast: " << words << std::endl;
}

std::size_t terminal_columns() {
  constexpr std::size_t kUsual = 80;
  if (::isatty(STDERR_FILENO) == 0) return 0;
  struct winsize size {};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return kUsual;
  return size.ws_col;
}

}  // namespace holdfast::harness
