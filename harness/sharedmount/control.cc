#include "harness/sharedmount/control.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <istream>
#include <nlohmann/json.hpp>

#include "harness/sharedmount/descriptor_path.h"

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

/// What is not there or of another kind: as if it had not been said. Only this program says it.
template <class T>
T told_of(const json& told, const char* key, T otherwise) {
  const auto at = told.find(key);
  if (at == told.end()) return otherwise;
  if constexpr (std::is_same_v<T, bool>) return at->is_boolean() ? at->get<T>() : otherwise;
  if constexpr (std::is_same_v<T, std::string>) return at->is_string() ? at->get<T>() : otherwise;
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    return at->is_number_unsigned() && *at > 0 ? at->get<T>() : otherwise;
  }
}

json arm(const json& told, Controlled& controlled, pid_t who) {
  CrashPoint point;
  if (const auto operations = told.find("operations");
      operations != told.end() && operations->is_array()) {
    for (const json& one : *operations) {
      const auto& known = mount_operations();
      if (!one.is_string() || std::find(known.begin(), known.end(), one) == known.end()) {
        return refusal("there is no operation " + one.dump());
      }
      point.operations.push_back(one);
    }
  }
  point.at = told_of(told, "at", point.at);
  point.before = told_of(told, "before", point.before);
  point.leader_too = told_of(told, "leader_too", point.leader_too);
  point.mark = told_of(told, "mark", point.mark);
  const auto armed = controlled.crash_points.add(who, std::move(point));
  if (!armed) return refusal(armed.error().text());
  return {{"armed", true}};
}

json do_as_told(const json& told, Controlled& controlled, pid_t who) {
  constexpr const char* kAllowed =
      R"(allowed is one of {"fault": {...}}, {"end": NUMBER}, {"start": true}, {"crash": {...}})";
  if (!told.is_object() || told.size() != 1) return refusal(kAllowed);
  const std::string word = told.begin().key();
  const json& value = told.begin().value();
  if (word == "fault") {
    const auto fault = parse_mount_fault(value.dump(), "fault", controlled.hosts);
    if (!fault) return refusal(fault.error().text());
    if (fault->host == "holder") {
      return refusal("nobody knows here who holds a lock: name the host");
    }
    if (fault->forget > 0 && !controlled.forgets) {
      return refusal("only a server with the profile nfs-async can forget");
    }
    return {{"injected", controlled.wire.add(*fault)}};
  }
  if (word == "end" && value.is_number_unsigned()) {
    const auto number = value.get<std::uint32_t>();
    if (!controlled.wire.end(number)) {
      return refusal("there is no fault " + std::to_string(number) + ", or it is over");
    }
    return {{"ended", number}};
  }
  if (word == "start" && value == json(true)) {
    controlled.wire.start();
    controlled.crash_points.start();
    return {{"started", true}};
  }
  if (word == "crash" && value.is_object()) return arm(value, controlled, who);
  return refusal(kAllowed);
}

/// A socket's name has room for about a hundred bytes, and temporary directories stand deep: so it
/// is reached through its folder, which is open as long as this lives.
class ShortName {
 public:
  explicit ShortName(const std::string& path)
      : folder_(::open(std::filesystem::path(path).parent_path().c_str(),
                       O_PATH | O_DIRECTORY | O_CLOEXEC)),
        name_(descriptor_path(folder_.number()) + "/" +
              std::filesystem::path(path).filename().string()) {}
  /// False: there is no such folder; errno says why.
  explicit operator bool() const { return static_cast<bool>(folder_); }
  const std::string& text() const { return name_; }
  sockaddr_un address() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, name_.c_str(), sizeof address.sun_path - 1);
    return address;
  }

 private:
  Descriptor folder_;
  std::string name_;
};

}  // namespace

std::string answer_to(const std::string& line, Controlled& controlled, pid_t who) {
  const json told = json::parse(line, nullptr, false);
  if (told.is_discarded()) return line_of(refusal("this is no JSON"));
  return line_of(do_as_told(told, controlled, who));
}

struct Control::Peer {
  explicit Peer(asio::local::stream_protocol::socket connected) : socket(std::move(connected)) {}
  /// 0: in a process namespace that we cannot see into.
  pid_t process() {
    ucred who{};
    socklen_t size = sizeof who;
    return ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 ? who.pid
                                                                                           : 0;
  }
  asio::local::stream_protocol::socket socket;
  asio::streambuf received{kMostBytes};
  std::string answer;
};

namespace {

/// What connecting to it gives: an errno, 0 for success.
int try_connect(const Descriptor& socket, const ShortName& name) {
  const sockaddr_un address = name.address();
  return ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                 0
             ? 0
             : errno;
}

/// A server that was killed leaves its socket behind, and nothing can be bound there.
void remove_if_nobody_listens(const ShortName& name) {
  const sockaddr_un address = name.address();
  struct stat there {};
  if (::lstat(address.sun_path, &there) != 0 || !S_ISSOCK(there.st_mode)) return;
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket && try_connect(socket, name) == ECONNREFUSED) ::unlink(address.sun_path);
}

}  // namespace

Control::Control(asio::io_context& context, std::string path, Controlled controlled)
    : path_(std::move(path)), controlled_(std::move(controlled)), acceptor_(context) {}

Control::~Control() { ::unlink(path_.c_str()); }

Result<std::unique_ptr<Control>> Control::listen(asio::io_context& context, const std::string& path,
                                                 Controlled controlled) {
  const ShortName name(path);
  if (!name) {
    return problem(path, "listen there", std::error_code(errno, std::system_category()));
  }
  remove_if_nobody_listens(name);
  std::unique_ptr<Control> made(new Control(context, path, std::move(controlled)));
  boost::system::error_code error;
  made->acceptor_.open(asio::local::stream_protocol(), error);
  const mode_t before = ::umask(0177);  // its owner alone
  if (!error) made->acceptor_.bind({name.text()}, error);
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
                           peer->answer = answer_to(line, controlled_, peer->process());
                           asio::async_write(
                               peer->socket, asio::buffer(peer->answer),
                               [this, peer](const boost::system::error_code& failed, std::size_t) {
                                 if (!failed) read(peer);
                               });
                         });
}

bool is_listened_at(const std::string& path) {
  const ShortName name(path);
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return name && socket && try_connect(socket, name) == 0;
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
  const ShortName name(path);
  if (!name) return failed("reach the server that should listen there");
  if (try_connect(socket, name) != 0) {
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
