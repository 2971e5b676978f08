#include "harness/sharedmount/control.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <istream>
#include <nlohmann/json.hpp>

namespace holdfast::harness::mount {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

/// What a fault, an end and their answers have room for, many times over.
constexpr std::size_t kMostBytes = 64 * 1024;

std::string line_of(const json& answer) {
  return answer.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

json refusal(const std::string& why) { return {{"problem", why}}; }

json do_as_told(const json& told, Wire& wire, const std::vector<std::string>& hosts, bool forgets) {
  constexpr const char* kAllowed =
      R"(allowed is one of {"fault": {...}}, {"end": NUMBER} and {"start": true})";
  if (!told.is_object() || told.size() != 1) return refusal(kAllowed);
  const std::string word = told.begin().key();
  const json& value = told.begin().value();
  if (word == "fault") {
    const auto fault = parse_mount_fault(value.dump(), "fault", hosts);
    if (!fault) return refusal(fault.error().text());
    if (fault->forget > 0 && !forgets) {
      return refusal("only a server with the profile nfs-async can forget");
    }
    return {{"injected", wire.add(*fault)}};
  }
  if (word == "end" && value.is_number_unsigned()) {
    const auto number = value.get<std::uint32_t>();
    if (!wire.end(number)) return refusal("there is no fault " + std::to_string(number));
    return {{"ended", number}};
  }
  if (word == "start" && value == json(true)) {
    wire.start();
    return {{"started", true}};
  }
  return refusal(kAllowed);
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

}  // namespace

std::string answer_to(const std::string& line, Wire& wire, const std::vector<std::string>& hosts,
                      bool forgets) {
  const json told = json::parse(line, nullptr, false);
  if (told.is_discarded()) return line_of(refusal("this is no JSON"));
  return line_of(do_as_told(told, wire, hosts, forgets));
}

struct Control::Peer {
  explicit Peer(asio::local::stream_protocol::socket connected) : socket(std::move(connected)) {}
  asio::local::stream_protocol::socket socket;
  asio::streambuf received{kMostBytes};
  std::string answer;
};

Control::Control(asio::io_context& context, std::string path, Wire& wire,
                 std::vector<std::string> hosts, bool forgets)
    : path_(std::move(path)),
      wire_(wire),
      hosts_(std::move(hosts)),
      forgets_(forgets),
      acceptor_(context) {}

Control::~Control() { ::unlink(path_.c_str()); }

Result<std::unique_ptr<Control>> Control::listen(asio::io_context& context, const std::string& path,
                                                 Wire& wire, std::vector<std::string> hosts,
                                                 bool forgets) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return problem(path, "is too long for a socket's name: at most " +
                             std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes");
  }
  std::unique_ptr<Control> made(new Control(context, path, wire, std::move(hosts), forgets));
  boost::system::error_code error;
  made->acceptor_.open(asio::local::stream_protocol(), error);
  const mode_t before = ::umask(0177);  // its owner alone
  if (!error) made->acceptor_.bind({path}, error);
  ::umask(before);
  if (!error) made->acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    made->path_.clear();  // somebody else's
    return problem(path, "listen there", error);
  }
  made->accept();
  return made;
}

void Control::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error,
                                asio::local::stream_protocol::socket connected) {
    if (error == asio::error::operation_aborted) return;
    if (!error) read(std::make_shared<Peer>(std::move(connected)));
    accept();
  });
}

void Control::read(const std::shared_ptr<Peer>& peer) {
  asio::async_read_until(peer->socket, peer->received, '\n',
                         [this, peer](const boost::system::error_code& error, std::size_t) {
                           if (error) return;
                           std::istream lines(&peer->received);
                           std::string line;
                           std::getline(lines, line);
                           peer->answer = answer_to(line, wire_, hosts_, forgets_);
                           asio::async_write(
                               peer->socket, asio::buffer(peer->answer),
                               [this, peer](const boost::system::error_code& failed, std::size_t) {
                                 if (!failed) read(peer);
                               });
                         });
}

Result<std::string> say(const std::string& path, const std::string& line) {
  const auto failed = [&](const std::string& what) {
    return problem(path, what, std::error_code(errno, std::system_category()));
  };
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return failed("make a socket");
  const timeval patience{5, 0};
  ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const sockaddr_un address = address_of(path);
  if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
      0) {
    return failed("reach the server that should listen there");
  }
  const std::string words = line + "\n";
  if (::send(socket.number(), words.data(), words.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(words.size())) {
    return failed("send to the server");
  }
  std::string answer;
  while (!answer.ends_with('\n') && answer.size() < kMostBytes) {
    char bytes[1024];
    const ssize_t size = ::recv(socket.number(), bytes, sizeof bytes, 0);
    if (size <= 0) return failed("get an answer of the server");
    answer.append(bytes, static_cast<std::size_t>(size));
  }
  answer.pop_back();
  return answer;
}

}  // namespace holdfast::harness::mount
