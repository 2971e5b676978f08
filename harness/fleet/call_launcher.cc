#include "harness/fleet/call_launcher.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <map>
#include <set>
#include <utility>

#include "harness/descriptor/descriptor.h"
#include "harness/fleet/handshake.h"
#include "harness/fleet/remote_shell.h"
#include "harness/fleet/spawn.h"

namespace holdfast::harness {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kMostStrangers = 64;
constexpr std::chrono::seconds kPatienceWithStrangers{5};
constexpr int kMostTold = 10;

/// What the handlers of one launcher share; they own it, and the launcher only knows it.
class Reception : public std::enable_shared_from_this<Reception> {
 public:
  struct Awaited {
    std::string token;
    Launcher::Connected connected;
    std::function<void(int socket)> arrived;  ///< before `connected`, which gets it
  };

  Reception(asio::io_context& context, std::function<void(const std::string&)> dropped)
      : acceptor_(context), dropped_(std::move(dropped)) {}

  Result<CallAddress> open(const CallAddress& listen) {
    const tcp::endpoint at(asio::ip::make_address(listen.address), listen.port);
    error_code error;
    acceptor_.open(at.protocol(), error);
    if (!error) acceptor_.bind(at, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return problem(print_call_address(listen), "listen there: " + error.message());
    accept();
    return CallAddress{listen.address, acceptor_.local_endpoint().port()};
  }

  void await(const std::string& host, Awaited awaited) { awaited_[host] = std::move(awaited); }
  /// Of a host that has called already, or was told about: none.
  std::optional<Awaited> take(const std::string& host) {
    auto found = awaited_.extract(host);
    return found ? std::optional(std::move(found.mapped())) : std::nullopt;
  }
  const std::string* token_of(const std::string& host) const {
    const auto found = awaited_.find(host);
    return found == awaited_.end() ? nullptr : &found->second.token;
  }
  void drop(const std::string& who, const std::string& why) {
    if (!dropped_ || told_ > kMostTold) return;
    dropped_(++told_ > kMostTold ? "further calls that are dropped are not told of"
                                 : "a call from " + who + " was dropped: " + why);
  }
  void left() { --strangers_; }

 private:
  void accept();

  tcp::acceptor acceptor_;
  std::function<void(const std::string&)> dropped_;
  std::map<std::string, Awaited> awaited_;
  std::size_t strangers_ = 0;
  int told_ = 0;
};

/// One who calls, until it is known whether it is an agent of ours.
class Stranger : public std::enable_shared_from_this<Stranger> {
 public:
  Stranger(tcp::socket socket, std::string who, std::shared_ptr<Reception> reception)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        who_(std::move(who)),
        reception_(std::move(reception)) {}
  ~Stranger() { reception_->left(); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  void listen() {
    timer_.expires_after(kPatienceWithStrangers);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->drop("it took too long to say who it is");
    });
    hear([this](const std::string& line) { opened(line); });
  }

 private:
  void hear(std::function<void(const std::string&)> then) {
    asio::async_read_until(socket_, asio::dynamic_buffer(received_, handshake::kLongestLine), '\n',
                           [self = shared_from_this(), then = std::move(then)](
                               const error_code& error, std::size_t size) {
                             if (self->over_) return;
                             if (error) return self->drop("it hung up, or said what no agent says");
                             const std::string line = self->received_.substr(0, size - 1);
                             self->received_.erase(0, size);
                             then(line);
                           });
  }

  void opened(const std::string& line) {
    const auto opening = handshake::read_opening(line);
    if (!opening) return drop("it said what no agent says");
    call_ = {opening->host, opening->number, handshake::draw()};
    const std::string* token = reception_->token_of(call_.host);
    if (token == nullptr) return drop("no agent is awaited for a host of the name that it gave");
    const auto shown = handshake::proof(*token, handshake::Side::controller, call_);
    sending_ = handshake::to_line(handshake::Answer{call_.controllers_number, shown}) + "\n";
    asio::async_write(
        socket_, asio::buffer(sending_),
        [self = shared_from_this()](const error_code& error, std::size_t) {
          if (self->over_) return;
          if (error) return self->drop("it hung up");
          self->hear([of = self.get()](const std::string& said) { of->proved(said); });
        });
  }

  void proved(const std::string& line) {
    const auto shown = handshake::read_proof(line);
    const std::string* token = reception_->token_of(call_.host);
    if (!shown || token == nullptr ||
        !handshake::proves(*shown, *token, handshake::Side::agent, call_)) {
      return drop("it does not know the token of host " + call_.host);
    }
    over_ = true;
    timer_.cancel();
    const auto awaited = reception_->take(call_.host);
    error_code error;
    Descriptor input(socket_.release(error));
    Descriptor output(error ? -1 : ::fcntl(input.number(), F_DUPFD_CLOEXEC, 0));
    if (!output) {
      return awaited->connected(
          problem("host " + call_.host, "keep its connection", {errno, std::system_category()}));
    }
    awaited->arrived(input.number());
    awaited->connected(AgentStreams{input.take(), output.take(), 0});
  }

  void drop(const std::string& why) {
    over_ = true;
    timer_.cancel();
    error_code ignored;  // it is gone, then
    socket_.close(ignored);
    reception_->drop(who_, why);
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  std::string who_;
  std::shared_ptr<Reception> reception_;
  handshake::Call call_;
  std::string received_;
  std::string sending_;
  bool over_ = false;
};

void Reception::accept() {
  acceptor_.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      error_code gone;  // then there is nobody to name
      const auto from = socket.remote_endpoint(gone);
      const std::string who = gone ? "somebody" : from.address().to_string();
      if (self->strangers_ == kMostStrangers) {
        self->drop(who, "too many others have not said who they are");
      } else {
        ++self->strangers_;
        std::make_shared<Stranger>(std::move(socket), who, self)->listen();
      }
    }
    self->accept();
  });
}

/// Waits for the command's end: its status is all that is written to the descriptor.
class Ending : public std::enable_shared_from_this<Ending> {
 public:
  Ending(asio::io_context& context, int output, std::function<void(const std::string&)> done)
      : output_(context, output), done_(std::move(done)) {}
  void wait() {
    asio::async_read(output_, asio::dynamic_buffer(said_),
                     [self = shared_from_this()](const error_code&, std::size_t) {
                       while (self->said_.ends_with('\n')) self->said_.pop_back();
                       self->done_(self->said_);
                     });
  }

 private:
  asio::posix::stream_descriptor output_;
  std::function<void(const std::string&)> done_;
  std::string said_;
};

class CallLauncher final : public Launcher {
 public:
  explicit CallLauncher(CallLauncherOptions options) : options_(std::move(options)) {}
  ~CallLauncher() override {
    for (const pid_t command : *commands_) {
      ::kill(-command, SIGKILL);
      ::waitpid(command, nullptr, 0);
    }
  }

  HostPlaces places(const HostSeat& host, const Places& run) const override {
    return places_elsewhere(host, run, options_.run_name);
  }

  void launch(asio::io_context& context, const HostSeat& host, Connected connected) override {
    auto reception = reception_.lock();
    if (!reception) {
      reception = std::make_shared<Reception>(context, options_.dropped);
      const auto listens = reception->open(options_.listen);
      if (!listens) return connected(tl::unexpected(listens.error()));
      address_ = *listens;
      reception_ = reception;
    }
    const std::string token = handshake::draw();
    auto arrived = [lines = lines_, index = host.index](int socket) {
      (*lines)[index] = Descriptor(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
    };
    reception->await(host.name, {token, connected, std::move(arrived)});
    if (const auto begun = begin_command(context, host, token); !begun) {
      reception->take(host.name);
      connected(tl::unexpected(begun.error()));
    }
  }

  void kill(const HostSeat& host) override {
    // The agent's input ends, and with it all that it started.
    const auto line = lines_->extract(host.index);
    if (line) ::shutdown(line.mapped().number(), SHUT_RDWR);
  }

  std::vector<pid_t> helpers() const override { return {commands_->begin(), commands_->end()}; }

 private:
  Result<void> begin_command(asio::io_context& context, const HostSeat& host,
                             const std::string& token) {
    SpawnOptions options;
    options.program = "sh";
    options.arguments = {"-c", "sh -c \"$HOLDFAST_COMMAND\" >&2; echo $?"};
    options.environment = {"HOLDFAST_COMMAND=" + options_.command,
                           "HOLDFAST_CALL=" + print_call_address(address_),
                           "HOLDFAST_HOST=" + host.name, "HOLDFAST_TOKEN=" + token,
                           "HOLDFAST_AGENT=" + options_.agent};
    options.errors = options_.client_errors + "/" + host.name + ".err";
    options.death_signal = SIGTERM;
    options.own_session = true;
    const auto process = spawn(options);
    if (!process) return tl::unexpected(process.error());
    ::close(process->input);
    commands_->insert(process->pid);
    auto ended = [reception = reception_, commands = commands_, pid = process->pid,
                  name = host.name, errors = options.errors](const std::string& status) {
      commands->erase(pid);
      const auto open = reception.lock();
      if (status == "0" || !open) return;
      const auto awaited = open->take(name);
      if (!awaited) return;  // it has called; the end of its line tells the rest
      const std::string said = last_words(errors);
      awaited->connected(
          problem("host " + name, "the command that starts its agent ended with status " + status +
                                      ": " + (said.empty() ? "nothing was said" : said)));
    };
    std::make_shared<Ending>(context, process->output, std::move(ended))->wait();
    return {};
  }

  CallLauncherOptions options_;
  CallAddress address_;
  std::weak_ptr<Reception> reception_;
  // Shared with handlers, which can outlive this object by as long as the context does.
  std::shared_ptr<std::set<pid_t>> commands_ = std::make_shared<std::set<pid_t>>();
  std::shared_ptr<std::map<std::size_t, Descriptor>> lines_ =
      std::make_shared<std::map<std::size_t, Descriptor>>();
};

}  // namespace

Result<std::unique_ptr<Launcher>> make_call_launcher(CallLauncherOptions options) {
  error_code error;
  const auto address = asio::ip::make_address(options.listen.address, error);
  if (error || address.is_unspecified()) {
    return problem(print_call_address(options.listen),
                   "agents call the address that is listened at: give the one at which the hosts "
                   "reach this machine");
  }
  return std::make_unique<CallLauncher>(std::move(options));
}

}  // namespace holdfast::harness
