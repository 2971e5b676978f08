// The contender protocol's messages: one JSON object per line. README.md is the format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/contender/contender.h"
#include "harness/result/result.h"

namespace holdfast::harness::wire {

inline constexpr int kVersion = 1;

struct Hello {
  std::string lock;  ///< its path
  std::int64_t lifetime_ms = 0;
  std::string worker;
  std::string options;  ///< a JSON object
};

/// Errors: options that are no JSON object.
Result<std::string> hello(const Hello& hello);
/// `timeout_ms` -1: for ever.
std::string acquire(std::int64_t timeout_ms);
/// "refresh", "release", "state".
std::string plain(const std::string& operation);

/// Errors: the line is no reply to a hello, another version, the program's own refusal.
Result<Traits> read_hello(const std::string& line);

/// What a reply to acquire, refresh or release says. Nothing: the line is no reply.
/// `wants_token`: an acquire's success without a token is none.
std::optional<Answer> read_answer(const std::string& line, bool wants_token);

/// Nothing: the line is no reply.
std::optional<ProbedState> read_state(const std::string& line);

}  // namespace holdfast::harness::wire
