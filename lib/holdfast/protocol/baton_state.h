// The states of a baton, and their names: a pure codec.
//
//   free,<generation>,<taken>,<news>
//   held,<generation>,<renewal>,<lifetime_ms>,<taken>,<news>,<host>,<pid>,<start>,<machine>,<nonce>
//
// A name is the whole state of a lock, so reading is strict: one text for one state, every number
// in range, nothing before and nothing behind. What begins like a state and is none was written by
// a newer version, or is damage. Source: lib/README.md, "baton".
#pragma once

#include <holdfast/os/os.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

struct BatonState {
  bool held = false;
  std::uint64_t generation = 0;  ///< grows with every grant and every burn; of a grant, its token
  std::uint64_t taken = 0;       ///< the newest generation that began by a take-over; 0: none
  bool news = false;             ///< a holder died or overstayed, and nobody was told yet

  // Where held:
  std::uint64_t renewal = 0;
  std::chrono::milliseconds lifetime{};
  std::string host;  ///< percent-encoded: see encode_host
  std::uint64_t pid = 0;
  std::uint64_t start = 0;
  std::uint64_t machine = 0;
  std::uint64_t nonce = 0;

  bool operator==(const BatonState&) const = default;
};

inline constexpr std::uint64_t kMostGeneration = 1'000'000'000'000'000'000;
inline constexpr std::uint64_t kMostRenewal = 9'999'999'999;
inline constexpr std::uint64_t kMostPid = 4'294'967'295;
inline constexpr std::chrono::milliseconds kLeastLifetime{100};
inline constexpr std::chrono::milliseconds kMostLifetime = std::chrono::hours(30 * 24);
inline constexpr std::size_t kMostHost = 64;
inline constexpr std::size_t kMostStateName = 255;
/// The longest name of a state whose host is empty: what a file system must allow.
inline constexpr std::size_t kMostStateNameWithoutHost = 143;

/// Whether the name claims to be a state.
bool is_state_name(std::string_view name);

/// The state of this name; nullopt if it is none, or not in its one form.
std::optional<BatonState> parse_state(std::string_view name);

/// The name of a state whose fields are in range.
std::string state_name(const BatonState& state);
/// The same into `name`, whose memory is used again.
void write_state_name(const BatonState& state, std::string& name);
/// The name of a held state up to its nonce, which append_number() adds.
void write_stem(const BatonState& held, std::string& stem);

/// Whether `a` ranks below `b`: by generation, then held before free, then by renewal.
bool ranks_below(const BatonState& a, const BatonState& b);
/// The same of their names, of which no more is read than that takes.
bool ranks_below(std::string_view a, std::string_view b);

/// Any text as [A-Za-z0-9.-] and escapes %XX, at most `most` bytes, cut between two characters.
std::string encode_host(std::string_view host, std::size_t most = kMostHost);
std::string decode_host(std::string_view encoded);

/// The process that a held state names, as it can be compared with os::Host::self().
os::Process process_of(const BatonState& state);

}  // namespace holdfast
