#include <holdfast/protocol/link_claim.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace holdfast {
namespace {

constexpr std::size_t kMostHost = 255;
constexpr std::size_t kMostSeparator = 16;
constexpr std::uint64_t kMostNumber = std::numeric_limits<std::int64_t>::max();

constexpr int kRandomBits = 23;
constexpr int kStartBits = 12;
constexpr int kMachineBits = 28;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool host_may_contain(char c) { return c != '/' && !is_control(c); }

bool host_is_valid(std::string_view host) {
  return !host.empty() && host.size() <= kMostHost &&
         std::all_of(host.begin(), host.end(), host_may_contain);
}

/// A number as Python's str() writes it: no sign, no leading zero. Below 2^63.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || value > kMostNumber) return std::nullopt;
  return value;
}

/// Cuts the text after the last separator off; nullopt without one.
std::optional<std::string_view> cut_last(std::string_view& text, std::string_view separator) {
  const std::size_t at = text.rfind(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view last = text.substr(at + separator.size());
  text = text.substr(0, at);
  return last;
}

/// Spreads all bits of `value` over all bits of the result (the finalizer of splitmix64).
std::uint64_t spread(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

std::uint64_t machine_mark(const os::Process& process) {
  return process.machine == 0 ? 0 : spread(process.machine) >> (64 - kMachineBits);
}

std::uint64_t start_mark(const os::Process& process) {
  return process.start == 0 ? 0 : spread(process.start) >> (64 - kStartBits);
}

}  // namespace

bool separator_is_valid(std::string_view separator) {
  return !separator.empty() && separator.size() <= kMostSeparator &&
         std::none_of(separator.begin(), separator.end(),
                      [](char c) { return c == '/' || is_alphanumeric(c) || is_control(c); });
}

ClaimForm::ClaimForm(const std::string& lock_path, std::string separator)
    : separator_(std::move(separator)) {
  const std::size_t slash = lock_path.rfind('/');
  const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
  directory_ = lock_path.substr(0, begin);
  base_ = lock_path.substr(begin);
}

std::string ClaimForm::path(const Claim& claim) const {
  return directory_ + base_ + separator_ + claim.host + separator_ + std::to_string(claim.pid) +
         separator_ + std::to_string(claim.random);
}

std::optional<Claim> ClaimForm::parse_name(std::string_view name) const {
  if (!name.starts_with(base_)) return std::nullopt;
  name.remove_prefix(base_.size());
  if (!name.starts_with(separator_)) return std::nullopt;
  name.remove_prefix(separator_.size());
  const auto random_text = cut_last(name, separator_);
  const auto pid_text = cut_last(name, separator_);
  if (!random_text || !pid_text || !host_is_valid(name)) return std::nullopt;
  const auto random = parse_number(*random_text);
  const auto pid = parse_number(*pid_text);
  if (!random || !pid || *pid == 0) return std::nullopt;
  return Claim{std::string(name), static_cast<std::int64_t>(*pid), *random};
}

std::optional<Claim> ClaimForm::parse_contents(std::string_view contents) const {
  if (contents.size() > kMostClaimContents) return std::nullopt;
  // No name in a path contains a NUL; whoever handed such a path on to the system would cut it.
  if (contents.find('\0') != std::string_view::npos) return std::nullopt;
  const std::size_t slash = contents.rfind('/');
  return parse_name(slash == std::string_view::npos ? contents : contents.substr(slash + 1));
}

std::string claim_host(std::string_view host) {
  std::string result(host.substr(0, kMostHost));
  std::replace_if(
      result.begin(), result.end(), [](char c) { return !host_may_contain(c); }, '-');
  return result.empty() ? "localhost" : result;
}

std::uint64_t marked_random(const os::Process& self, std::uint64_t bits) {
  const std::uint64_t random = bits & ((std::uint64_t{1} << kRandomBits) - 1);
  return (machine_mark(self) << (kStartBits + kRandomBits)) | (start_mark(self) << kRandomBits) |
         random;
}

bool made_on_machine(const Claim& claim, const os::Process& self) {
  const std::uint64_t mark = machine_mark(self);
  return mark != 0 && claim.random >> (kStartBits + kRandomBits) == mark;
}

bool made_by_process(const Claim& claim, const os::Process& self) {
  const std::uint64_t start = start_mark(self);
  const std::uint64_t seen = (claim.random >> kRandomBits) & ((std::uint64_t{1} << kStartBits) - 1);
  return made_on_machine(claim, self) && claim.pid == self.pid && start != 0 && seen == start;
}

}  // namespace holdfast
