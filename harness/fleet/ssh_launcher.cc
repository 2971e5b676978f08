#include "harness/fleet/ssh_launcher.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <filesystem>
#include <map>
#include <utility>

#include "harness/fleet/remote_shell.h"
#include "harness/fleet/spawn.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using boost::system::error_code;
using std::chrono::milliseconds;

/// An sshd allows ten sessions on one connection unless it is told otherwise.
constexpr std::size_t kSessionsOfConnection = 8;
constexpr milliseconds kBetweenLooks{10};

/// A connection that several sessions share, held by a client of its own.
struct Connection {
  SshDestination to;
  std::string socket;
  std::string errors;
  pid_t client = 0;

  bool ended() {
    if (client != 0 && ::waitpid(client, nullptr, WNOHANG) != 0) client = 0;
    return client == 0;
  }
};

class SshLauncher final : public Launcher {
 public:
  SshLauncher(SshLauncherOptions options, AgentProgram agent)
      : options_(std::move(options)), agent_(std::move(agent)) {}

  ~SshLauncher() override {
    for (auto& connection : connections_) {
      if (connection->client != 0) ::kill(connection->client, SIGTERM);
    }
    constexpr int kMilliseconds = 2000;
    for (auto& connection : connections_) {
      for (int i = 0; i < kMilliseconds && !connection->ended(); ++i) ::usleep(1000);
      if (connection->client == 0) continue;
      ::kill(connection->client, SIGKILL);
      ::waitpid(connection->client, nullptr, 0);
    }
  }

  HostPlaces places(const HostSeat& host, const Places& run) const override {
    return places_elsewhere(host, run, options_.run_name);
  }

  void launch(boost::asio::io_context& context, const HostSeat& host,
              Connected connected) override {
    auto connection = connection_for(host.index);
    if (!connection) return connected(tl::unexpected(connection.error()));
    wait_for(context, **connection, host, std::move(connected));
  }

  void kill(const HostSeat& host) override {
    // Its session ends, so the agent's input does.
    if (const auto client = clients_.extract(host.index)) ::kill(client.mapped(), SIGKILL);
  }

  std::vector<pid_t> helpers() const override {
    std::vector<pid_t> clients;
    for (const auto& connection : connections_) {
      if (connection->client != 0) clients.push_back(connection->client);
    }
    return clients;
  }

 private:
  std::vector<std::string> arguments(const SshDestination& to) const {
    std::vector<std::string> all = {"-T",
                                    "-oBatchMode=yes",
                                    "-oConnectTimeout=20",
                                    "-oServerAliveInterval=5",
                                    "-oServerAliveCountMax=4",
                                    "-oEscapeChar=none",
                                    "-oForwardAgent=no",
                                    "-oForwardX11=no",
                                    "-oClearAllForwardings=yes"};
    all.insert(all.end(), options_.client_options.begin(), options_.client_options.end());
    if (!to.port.empty()) all.insert(all.end(), {"-p", to.port});
    return all;
  }

  Result<Connection*> connection_for(std::size_t host) {
    const std::size_t place = host % options_.destinations.size();
    const std::size_t turn = host / options_.destinations.size() / kSessionsOfConnection;
    const std::string name = std::to_string(place) + "." + std::to_string(turn);
    const std::string socket = options_.sockets + "/" + name;
    for (const auto& connection : connections_) {
      if (connection->socket == socket && !connection->ended()) return connection.get();
    }
    auto made = std::make_unique<Connection>();
    made->to = options_.destinations[place];
    made->socket = socket;
    made->errors = options_.client_errors + "/ssh." + name + ".err";
    SpawnOptions options;
    options.program = "ssh";
    options.arguments = arguments(made->to);
    options.arguments.insert(options.arguments.end(), {"-oControlMaster=yes", "-oControlPersist=no",
                                                       "-S", socket, "-N", "--", made->to.where});
    options.errors = made->errors;
    options.death_signal = SIGTERM;
    options.own_session = true;
    const auto process = spawn(options);
    if (!process) return tl::unexpected(process.error());
    ::close(process->input);
    ::close(process->output);
    made->client = process->pid;
    connections_.push_back(std::move(made));
    return connections_.back().get();
  }

  /// Until the connection stands, or its client has said why it does not.
  void wait_for(boost::asio::io_context& context, Connection& connection, const HostSeat& host,
                Connected connected) {
    std::error_code ignored;  // not there, or not to be seen: the same to us
    if (fs::exists(connection.socket, ignored)) {
      return start_session(context, connection, host, std::move(connected));
    }
    if (connection.ended()) {
      const std::string said = last_words(connection.errors);
      return connected(problem("host " + host.name + " at " + connection.to.where,
                               "ssh gave up: " + (said.empty() ? "it said nothing" : said) +
                                   "; does `ssh " + connection.to.where +
                                   " true` work without a question?"));
    }
    auto timer = std::make_shared<boost::asio::steady_timer>(context, kBetweenLooks);
    timer->async_wait([this, timer, &context, &connection, host,
                       connected = std::move(connected)](const error_code& error) mutable {
      if (!error) wait_for(context, connection, host, std::move(connected));
    });
  }

  void start_session(boost::asio::io_context& context, Connection& connection, const HostSeat& host,
                     Connected connected) {
    SpawnOptions options;
    options.program = "ssh";
    options.arguments = arguments(connection.to);
    options.arguments.insert(options.arguments.end(),
                             {"-oControlMaster=no", "-S", connection.socket, "--",
                              connection.to.where, agent_.script()});
    options.errors = options_.client_errors + "/" + host.name + ".err";
    options.death_signal = SIGTERM;
    options.own_session = true;
    const pid_t client =
        start_agent(context, options, agent_, "host " + host.name + " at " + connection.to.where,
                    std::move(connected));
    if (client != 0) clients_[host.index] = client;
  }

  SshLauncherOptions options_;
  AgentProgram agent_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::map<std::size_t, pid_t> clients_;
};

bool may_be_part(const std::string& text) {
  return !text.empty() && text.front() != '-' &&
         text.find_first_of(" \t\n\"'`$;&|<>()\\") == std::string::npos;
}

bool is_port(const std::string& text) {
  int port = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, port);
  return read.ec == std::errc{} && read.ptr == end && port >= 1 && port <= 65535;
}

Result<SshDestination> parse_destination(const std::string& text) {
  std::string host = text;
  const std::size_t at = host.rfind('@');
  const std::string user = at == std::string::npos ? "" : host.substr(0, at + 1);
  host.erase(0, user.size());
  const bool in_brackets = host.starts_with('[');
  const std::size_t bracket = host.find(']');
  if (in_brackets && bracket == std::string::npos) {
    return problem(text, "this bracket is never closed");
  }
  const std::size_t end = in_brackets ? bracket + 1 : std::min(host.rfind(':'), host.size());
  const std::string rest = host.substr(end);
  host = in_brackets ? host.substr(1, bracket - 1) : host.substr(0, end);
  if (!rest.empty() && rest[0] != ':') return problem(text, "after ] stands :PORT");
  SshDestination made{user + host, rest.empty() ? "" : rest.substr(1)};
  if ((!rest.empty() && !is_port(made.port)) ||
      (!in_brackets && host.find(':') != std::string::npos)) {
    return problem(text, "after : stands a port, 1 to 65535; an IPv6 address goes in brackets");
  }
  if (!may_be_part(host) || user == "@" || (!user.empty() && !may_be_part(user))) {
    return problem(text.empty() ? "a host" : text, "is no name of a host: HOST, USER@HOST:PORT");
  }
  return made;
}

}  // namespace

Result<std::vector<SshDestination>> parse_destinations(const std::string& list) {
  std::vector<SshDestination> all;
  for (std::size_t from = 0; from <= list.size();) {
    const std::size_t comma = std::min(list.find(',', from), list.size());
    auto one = parse_destination(list.substr(from, comma - from));
    if (!one) return tl::unexpected(one.error());
    all.push_back(std::move(*one));
    from = comma + 1;
  }
  return all;
}

Result<std::unique_ptr<Launcher>> make_ssh_launcher(SshLauncherOptions options) {
  auto agent = AgentProgram::read(options.agent);
  if (!agent) return tl::unexpected(agent.error());
  return std::make_unique<SshLauncher>(std::move(options), std::move(*agent));
}

}  // namespace holdfast::harness
