#include "harness/sharedmount/server.h"

#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <filesystem>

#include "harness/sharedmount/control.h"
#include "harness/sharedmount/guardian.h"
#include "harness/sharedmount/wire.h"

namespace holdfast::harness::mount {
namespace {

namespace asio = boost::asio;

class AsioServer final : public Server {
 public:
  AsioServer(std::unique_ptr<Store> store, Guardian guardian, WireOptions wire, CrashLog crash_log)
      : guardian_(std::move(guardian)),
        store_(std::move(store)),
        wire_(context_, *store_, std::move(wire)),
        crash_points_(wire_, std::move(crash_log)),
        signals_(context_, SIGTERM, SIGINT, SIGHUP) {}

  Result<void> mount(const ServerOptions& options) {
    std::uint32_t number = 0;
    for (const HostPlace& host : options.hosts) {
      std::error_code error;
      const std::string place = std::filesystem::canonical(host.place, error).string();
      if (error) return problem(host.place, "mount there", error);
      auto mounted = HostMount::mount({host.name, number++, place}, *store_, crash_points_);
      if (!mounted) return tl::unexpected(mounted.error());
      guardian_.watch(place);
      Watched& watched = *hosts_.emplace_back(std::make_unique<Watched>(
          Watched{std::move(*mounted), asio::posix::stream_descriptor(context_)}));
      watched.input.assign(watched.host->descriptor());
    }
    return {};
  }

  Result<void> prepare_faults(const ServerOptions& options, std::vector<std::string> names) {
    for (const MountFault& fault : options.faults) wire_.add(fault);
    if (!options.control.empty()) {
      auto control =
          Control::listen(context_, options.control,
                          {wire_, crash_points_, std::move(names), options.manners.forgets});
      if (!control) return tl::unexpected(control.error());
      control_ = std::move(*control);
    }
    if (options.waits) return {};
    wire_.start();
    crash_points_.start();
    return {};
  }

  void serve() override {
    signals_.async_wait([this](const auto& error, int) {
      if (!error) end();
    });
    mounted_ = hosts_.size();
    for (const auto& watched : hosts_) watch(*watched);
    context_.run();
  }

  ~AsioServer() override {
    for (const auto& watched : hosts_) watched->input.release();  // libfuse closes it
  }

 private:
  struct Watched {
    std::unique_ptr<HostMount> host;
    asio::posix::stream_descriptor input;
  };

  void watch(Watched& watched) {
    watched.input.async_wait(asio::posix::descriptor_base::wait_read,
                             [this, &watched](const boost::system::error_code& error) {
                               if (error) return;
                               if (watched.host->serve()) return watch(watched);
                               if (--mounted_ == 0) end();
                             });
  }
  void end() {
    wire_.close();
    for (const auto& watched : hosts_) watched->host->unmount();
    context_.stop();
  }

  // In the order in which they may go: hosts know nodes of the store.
  Guardian guardian_;
  std::unique_ptr<Store> store_;
  asio::io_context context_{1};
  Wire wire_;
  CrashPoints crash_points_;
  asio::signal_set signals_;
  std::vector<std::unique_ptr<Watched>> hosts_;
  std::unique_ptr<Control> control_;
  std::size_t mounted_ = 0;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options) {
  ::umask(0);  // the programs' own masks were applied by the kernel
  auto store = Store::open(options.directory, options.manners);
  if (!store) return tl::unexpected(store.error());
  auto guardian = Guardian::post();
  if (!guardian) return tl::unexpected(guardian.error());
  std::vector<std::string> names;
  for (const HostPlace& host : options.hosts) names.push_back(host.name);
  auto made = std::make_unique<AsioServer>(std::move(*store), std::move(*guardian),
                                           WireOptions{names, options.seed, options.log},
                                           options.crash_log);
  if (const auto mounted = made->mount(options); !mounted) return tl::unexpected(mounted.error());
  if (const auto ready = made->prepare_faults(options, std::move(names)); !ready) {
    return tl::unexpected(ready.error());
  }
  return made;
}

}  // namespace holdfast::harness::mount
