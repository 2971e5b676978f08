#include <holdfast/options.h>
#include <holdfast/protocol/link_claim.h>

#include <cmath>
#include <sstream>
#include <stdexcept>
#include <string>

namespace holdfast {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

template <class Value>
[[noreturn]] void refuse(const char* option, const Value& value, const char* allowed) {
  std::ostringstream text;
  text << "holdfast: option " << option << " is " << value << ", allowed is " << allowed;
  throw std::invalid_argument(text.str());
}

/// As it can be read in a terminal; a NUL would end the text of an exception.
std::string shown(const std::string& text) {
  std::ostringstream readable;
  readable << '"' << std::hex;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte != 0x7f) {
      readable << c;
    } else {
      readable << "\\x" << (byte < 16 ? "0" : "") << int{byte};
    }
  }
  readable << '"';
  return readable.str();
}

void check_duration(const char* option, Duration value, Duration least, Duration most,
                    const char* allowed) {
  if (value >= least && value <= most) return;
  const double shown = std::chrono::duration<double, std::milli>(value).count();
  std::ostringstream text;
  text << shown << " ms";
  refuse(option, text.str(), allowed);
}

void check_mode(const char* option, std::uint32_t mode) {
  if (mode <= 07777) return;
  std::ostringstream text;
  text << '0' << std::oct << mode;
  refuse(option, text.str(), "permission bits, 0 to 07777");
}

}  // namespace

void check_lifetime(Duration lifetime) {
  check_duration("lifetime", lifetime, milliseconds(100), hours(30 * 24), "100 ms to 30 days");
}

void check_options(const Options& options) {
  check_lifetime(options.lifetime);
  check_duration("max_poll", options.max_poll, microseconds(1), hours(1), "1 us to 1 hour");
  check_duration("spin", options.spin, Duration::zero(), seconds(1), "0 to 1 s");
  check_duration("margin", options.margin, Duration::zero(), hours(24), "0 to 1 day");
  check_duration("slop", options.slop, Duration::zero(), hours(24 * 365), "0 to 1 year");
  check_mode("directory_mode", options.directory_mode);
  check_mode("file_mode", options.file_mode);
  if (!(options.drift >= 0 && options.drift < 1)) {
    refuse("drift", options.drift, "a ratio from 0 to less than 1");
  }
  if (!separator_is_valid(options.separator)) {
    refuse("separator", shown(options.separator),
           "1 to 16 bytes without letters, digits, '/' and control characters");
  }
  for (const int value : options.retry_errnos) {
    if (value <= 0) refuse("retry_errnos", value, "errno values, which are positive");
  }
}

}  // namespace holdfast
