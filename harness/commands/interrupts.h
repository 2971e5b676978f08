// Whether somebody asked this process to end, where nothing else catches that.
#pragma once

#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace holdfast::harness {

/// Catches interrupts where the fleet does not, so that one of them never leaves files behind.
///
/// Asio keeps a signal caught as long as any set of the process wants it, so there is no gap when
/// the fleet's own set goes.
class Interrupts {
 public:
  Interrupts() : signals_(context_, SIGINT, SIGTERM, SIGHUP) {
    signals_.async_wait([this](const boost::system::error_code& error, int) { came_ = !error; });
  }
  bool came() {
    context_.poll();
    return came_;
  }

 private:
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_;
  bool came_ = false;
};

}  // namespace holdfast::harness
