// The agent's side where nobody carries its standard streams: it calls the controller over TCP.
// Whatever started it put three words into its environment, where only its user can read them:
//   HOLDFAST_CALL    address and port of the controller: "10.0.0.1:4711", "[fd00::1]:4711"
//   HOLDFAST_HOST    which of the scenario's hosts it is
//   HOLDFAST_TOKEN   the secret of this host in this run
#pragma once

#include <chrono>
#include <string>

#include "harness/descriptor/descriptor.h"
#include "harness/result/result.h"

namespace holdfast::harness {

/// An address and a port, as the two are written together.
struct CallAddress {
  std::string address;
  unsigned short port = 0;
};

/// Numbers only: an agent has no resolver.
///
/// Errors:  what is no such address.
Result<CallAddress> parse_call_address(const std::string& text);
std::string print_call_address(const CallAddress& address);

/// Calls the controller, and proves itself to it once it has proved itself. The token is gone from
/// the environment when this comes back.
///
/// Errors:  a word is missing or malformed; nobody answers there within `patience`; whoever
///          answers does not know the token.
Result<Descriptor> call_controller(std::chrono::nanoseconds patience);

}  // namespace holdfast::harness
