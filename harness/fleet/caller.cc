#include "harness/fleet/caller.h"

#include <fcntl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "harness/fleet/handshake.h"

namespace holdfast::harness {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Result<std::string> word(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') {
    return problem(name,
                   "is not in the environment: the engine that starts an agent has to hand on what "
                   "`holdfast run --start` gave it");
  }
  return std::string(value);
}

/// One call, until both have proved themselves. Owned by the one who runs the context.
class Calling {
 public:
  Calling(asio::io_context& context, std::string host, std::string token)
      : socket_(context), token_(std::move(token)) {
    call_.host = std::move(host);
    call_.agents_number = handshake::draw();
  }

  void begin(const tcp::endpoint& controller) {
    socket_.async_connect(controller, [this](const error_code& error) {
      if (error) return fail("cannot be reached: " + error.message());
      say(handshake::to_line(handshake::Opening{call_.host, call_.agents_number}),
          [this] { listen(); });
    });
  }

  bool over() const { return over_; }
  const std::string& why_not() const { return why_not_; }
  tcp::socket& socket() { return socket_; }

 private:
  void say(std::string line, std::function<void()> then) {
    sending_ = std::move(line) + "\n";
    asio::async_write(socket_, asio::buffer(sending_),
                      [this, then = std::move(then)](const error_code& error, std::size_t) {
                        if (error) return fail("hung up: " + error.message());
                        then();
                      });
  }

  /// Nothing follows the answer before ours is there, so nothing is read that is not ours.
  void listen() {
    asio::async_read_until(socket_, asio::dynamic_buffer(received_, handshake::kLongestLine), '\n',
                           [this](const error_code& error, std::size_t size) {
                             if (error) {
                               return fail(
                                   "hung up: it does not know this host and its token, or has "
                                   "them already");
                             }
                             answered(received_.substr(0, size - 1));
                           });
  }

  void answered(const std::string& line) {
    const auto answer = handshake::read_answer(line);
    if (!answer) return fail("is no controller of holdfast's: it said something else");
    call_.controllers_number = answer->number;
    if (!handshake::proves(answer->proof, token_, handshake::Side::controller, call_)) {
      return fail("does not know this run's token, so it is not told anything");
    }
    say(handshake::to_line(handshake::proof(token_, handshake::Side::agent, call_)),
        [this] { over_ = true; });
  }

  void fail(const std::string& why) {
    over_ = true;
    why_not_ = why;
  }

  tcp::socket socket_;
  std::string token_;
  handshake::Call call_;
  std::string received_;
  std::string sending_;
  std::string why_not_;
  bool over_ = false;
};

}  // namespace

Result<CallAddress> parse_call_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  CallAddress parsed;
  const char* const end = text.data() + text.size();
  const bool split = colon != std::string::npos && colon + 1 < text.size();
  const auto read = split ? std::from_chars(text.data() + colon + 1, end, parsed.port)
                          : std::from_chars_result{nullptr, std::errc::invalid_argument};
  if (read.ec == std::errc() && read.ptr == end) {
    parsed.address = text.substr(0, colon);
    const bool bracketed = parsed.address.starts_with('[') && parsed.address.ends_with(']');
    if (bracketed) parsed.address = parsed.address.substr(1, parsed.address.size() - 2);
    error_code error;
    const auto address = asio::ip::make_address(parsed.address, error);
    if (!error && address.is_v6() == bracketed) return parsed;
  }
  return problem(text,
                 "allowed is a numerical address with a port, such as 10.0.0.1:4711 or "
                 "[fd00::1]:4711; port 0 is any that is free");
}

std::string print_call_address(const CallAddress& address) {
  const bool six = address.address.find(':') != std::string::npos;
  return (six ? "[" + address.address + "]" : address.address) + ":" + std::to_string(address.port);
}

Result<Descriptor> call_controller(std::chrono::nanoseconds patience) {
  const auto where = word("HOLDFAST_CALL");
  const auto host = word("HOLDFAST_HOST");
  const auto token = word("HOLDFAST_TOKEN");
  ::unsetenv("HOLDFAST_TOKEN");
  for (const auto* needed : {&where, &host, &token}) {
    if (!*needed) return tl::unexpected(needed->error());
  }
  if (!handshake::well_formed(*token)) {
    return problem("HOLDFAST_TOKEN", "is no token: those are 64 hexadecimal digits");
  }
  const auto address = parse_call_address(*where);
  if (!address) return tl::unexpected(address.error());
  asio::io_context context(1);
  Calling calling(context, *host, *token);
  calling.begin({asio::ip::make_address(address->address), address->port});
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!calling.over() && context.run_one_until(end) > 0) {
  }
  const std::string what = "controller at " + *where;
  if (!calling.over()) return problem(what, "does not answer");
  if (!calling.why_not().empty()) return problem(what, calling.why_not());
  // The streams of a process block, unless it says otherwise itself.
  error_code ignored;  // then the agent's own channel sets what it needs
  calling.socket().native_non_blocking(false, ignored);
  error_code error;
  Descriptor line(calling.socket().release(error));
  if (error) return problem(what, "keep the connection: " + error.message());
  return line;
}

}  // namespace holdfast::harness
