// Sends a host's histories and logs to the controller while they grow, and the rest at the end.
//
// Fault model: the way to the controller can be slower than the disk. So no more is under way than
// a window of bytes that have not been acknowledged; what waits, waits on the host's disk.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/fleet/parcel.h"

namespace holdfast::harness {

class Courier {
 public:
  struct Listener {
    std::function<void(const Parcel&)> send;
    std::function<void(const Problem&)> trouble;
  };

  /// Begins at once.
  Courier(boost::asio::io_context& context, std::vector<std::string> folders, Listener listener);

  /// The controller has written that many bytes of what was sent.
  void kept(std::uint64_t bytes);
  /// Nobody writes any more: `done` is called when all that there is has been sent.
  void finish(std::function<void()> done);

 private:
  void send_what_is_new();
  void look_again();

  boost::asio::steady_timer timer_;
  Packer packer_;
  Listener listener_;
  std::uint64_t under_way_ = 0;
  std::function<void()> done_;
};

}  // namespace holdfast::harness
