// Sockets that carry one line there and one line back, each with a bound on how long it may take.
#pragma once

#include <chrono>
#include <string>

#include "harness/descriptor/descriptor.h"
#include "harness/result/result.h"

namespace holdfast::harness::lab {

/// The last error of the system.
std::error_code system_error();

/// A socket that listens; at a path (made anew, for its owner alone), or at a port of all
/// addresses.
Result<Descriptor> listen_at(const std::string& path);
Result<Descriptor> listen_at_port(int port);
Result<Descriptor> connect_to(const std::string& path);
Result<Descriptor> connect_to(const std::string& address, int port,
                              std::chrono::milliseconds bound);

/// The next peer of a listener; none: it is gone already.
Descriptor accept_one(int listener);

/// Errors:  the peer is gone, or the bound is over.
Result<void> send_line(int socket, const std::string& line);
/// Reads byte by byte, so that nothing behind the line is taken from whoever reads next.
Result<std::string> read_line(int socket, std::chrono::milliseconds bound);

}  // namespace holdfast::harness::lab
