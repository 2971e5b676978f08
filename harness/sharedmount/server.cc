#include "harness/sharedmount/server.h"

#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <filesystem>

#include "harness/sharedmount/guardian.h"

namespace holdfast::harness::mount {
namespace {

namespace asio = boost::asio;

/// Brings every request at once, and once.
class DirectCourier final : public Courier {
 public:
  explicit DirectCourier(Store& store) : store_(store) {}
  void send(Request request, Answer answer, Abandoned) override { answer(store_.execute(request)); }

 private:
  Store& store_;
};

class AsioServer final : public Server {
 public:
  AsioServer(std::unique_ptr<Store> store, Guardian guardian)
      : guardian_(std::move(guardian)),
        store_(std::move(store)),
        courier_(*store_),
        signals_(context_, SIGTERM, SIGINT, SIGHUP) {}

  Result<void> mount(const ServerOptions& options) {
    std::uint32_t number = 0;
    for (const HostPlace& host : options.hosts) {
      std::error_code error;
      const std::string place = std::filesystem::canonical(host.place, error).string();
      if (error) return problem(host.place, "mount there", error);
      auto mounted = HostMount::mount({host.name, number++, place}, *store_, courier_);
      if (!mounted) return tl::unexpected(mounted.error());
      guardian_.watch(place);
      Watched& watched = *hosts_.emplace_back(std::make_unique<Watched>(
          Watched{std::move(*mounted), asio::posix::stream_descriptor(context_)}));
      watched.input.assign(watched.host->descriptor());
    }
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
    for (const auto& watched : hosts_) watched->host->unmount();
    context_.stop();
  }

  // In the order in which they may go: hosts know nodes of the store.
  Guardian guardian_;
  std::unique_ptr<Store> store_;
  DirectCourier courier_;
  asio::io_context context_{1};
  asio::signal_set signals_;
  std::vector<std::unique_ptr<Watched>> hosts_;
  std::size_t mounted_ = 0;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options) {
  ::umask(0);  // the programs' own masks were applied by the kernel
  auto store = Store::open(options.directory, options.manners);
  if (!store) return tl::unexpected(store.error());
  auto guardian = Guardian::post();
  if (!guardian) return tl::unexpected(guardian.error());
  auto made = std::make_unique<AsioServer>(std::move(*store), std::move(*guardian));
  if (const auto mounted = made->mount(options); !mounted) return tl::unexpected(mounted.error());
  return made;
}

}  // namespace holdfast::harness::mount
