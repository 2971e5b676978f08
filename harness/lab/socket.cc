#include "harness/lab/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace holdfast::harness::lab {
namespace {

constexpr std::size_t kLongestLine = 4 << 20;

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return problem(path, "is too long for a socket's name: at most " +
                             std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

sockaddr_in address_of(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  return address;
}

/// Waits until `events` are there; 0: the bound is over.
int wait_for(int socket, short events, std::chrono::milliseconds bound) {
  pollfd one{socket, events, 0};
  for (;;) {
    const int ready = ::poll(&one, 1, static_cast<int>(bound.count()));
    if (ready >= 0 || errno != EINTR) return ready;
  }
}

/// Small messages are not to wait for others. Sockets that are not TCP's refuse, and need it not.
void send_at_once(int socket) {
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

}  // namespace

std::error_code system_error() { return {errno, std::system_category()}; }

Result<Descriptor> listen_at(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  ::unlink(path.c_str());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const mode_t before = ::umask(0177);
  const int bound =
      ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  ::umask(before);
  if (bound != 0 || ::listen(socket.number(), 64) != 0) {
    return problem(path, "listen there", system_error());
  }
  return socket;
}

Result<Descriptor> listen_at_port(int port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = address_of("0.0.0.0", port);
  if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.number(), 64) != 0) {
    return problem("port " + std::to_string(port), "listen there", system_error());
  }
  return socket;
}

Result<Descriptor> connect_to(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) !=
      0) {
    return problem(path, "reach who should listen there", system_error());
  }
  return socket;
}

Result<Descriptor> connect_to(const std::string& address, int port,
                              std::chrono::milliseconds bound) {
  const std::string whom = address + ":" + std::to_string(port);
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_in to = address_of(address, port);
  int error = 0;
  if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    error = errno;
    if (error == EINPROGRESS) {
      socklen_t size = sizeof error;
      error = ETIMEDOUT;
      if (wait_for(socket.number(), POLLOUT, bound) > 0) {
        ::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size);
      }
    }
  }
  if (error != 0) {
    return problem(whom, "reach it", std::error_code(error, std::system_category()));
  }
  const int flags = ::fcntl(socket.number(), F_GETFL);
  ::fcntl(socket.number(), F_SETFL, flags & ~O_NONBLOCK);
  send_at_once(socket.number());
  return socket;
}

Descriptor accept_one(int listener) {
  Descriptor socket(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (socket) send_at_once(socket.number());
  return socket;
}

Result<void> send_line(int socket, const std::string& line) {
  const std::string words = line + "\n";
  for (std::size_t sent = 0; sent < words.size();) {
    const ssize_t size = ::send(socket, words.data() + sent, words.size() - sent, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return problem("", "send to it", system_error());
    sent += static_cast<std::size_t>(size);
  }
  return {};
}

Result<std::string> read_line(int socket, std::chrono::milliseconds bound) {
  const auto until = std::chrono::steady_clock::now() + bound;
  std::string line;
  while (line.size() < kLongestLine) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    const int ready = wait_for(socket, POLLIN, std::max(left, std::chrono::milliseconds(0)));
    if (ready == 0) return problem("", "it said nothing within the bound");
    char byte = 0;
    const ssize_t size = ready < 0 ? -1 : ::recv(socket, &byte, 1, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return problem("", "read what it says", system_error());
    if (size == 0) return problem("", "it ended without a word");
    if (byte == '\n') return line;
    line += byte;
  }
  return problem("", "it says too much");
}

}  // namespace holdfast::harness::lab
