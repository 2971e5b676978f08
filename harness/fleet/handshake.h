// How an agent that calls its controller over TCP and the controller prove to each other that they
// know one secret, the token, which never travels. Each draws a number for this one call; what
// either shows is made of the token, of both numbers, of the host, and of which side it is, so it
// serves for nothing else.
//
//   agent       {"host": "h1", "number": N}
//   controller  {"number": M, "proof": P}         the agent goes on only if it is right
//   agent       {"proof": Q}                      the controller goes on only if it is right
//
// Fault model: anybody can call, and anybody can be where the controller was. Whoever does not know
// the token learns nothing by it, and gets no further. What is said behind the handshake is neither
// encrypted nor signed: who can change packets on their way can still cut in then.
#pragma once

#include <optional>
#include <string>

#include "harness/result/result.h"

namespace holdfast::harness::handshake {

/// No line of a handshake is longer.
inline constexpr std::size_t kLongestLine = 1024;

/// 256 bits from the kernel's random source, as 64 hexadecimal digits: a token, or a number.
std::string draw();
/// Whether it can be a token or a number.
bool well_formed(const std::string& drawn);

enum class Side { agent, controller };

/// What the two sides of one call have told each other openly.
struct Call {
  std::string host;
  std::string agents_number;
  std::string controllers_number;
};

/// HMAC-SHA-512-256, as 64 hexadecimal digits.
std::string proof(const std::string& token, Side side, const Call& call);
/// Takes as long for a wrong proof as for a right one.
bool proves(const std::string& shown, const std::string& token, Side side, const Call& call);

// The lines, without their ends. Reading: nothing if it is not such a line.
struct Opening {
  std::string host;
  std::string number;
};
struct Answer {
  std::string number;
  std::string proof;
};
std::string to_line(const Opening& opening);
std::string to_line(const Answer& answer);
std::string to_line(const std::string& proof);
std::optional<Opening> read_opening(const std::string& line);
std::optional<Answer> read_answer(const std::string& line);
std::optional<std::string> read_proof(const std::string& line);

}  // namespace holdfast::harness::handshake
