// Lines to and from another process, without ever blocking on it.
//
// One thread runs them all. A peer that does not read costs memory here and not time; a peer that
// is gone is told once, by `ended`. The process must ignore SIGPIPE (IgnoredPipes): writing to a
// peer that is gone would end it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace holdfast::harness {

/// Ignores SIGPIPE as long as it lives.
class IgnoredPipes {
 public:
  IgnoredPipes();
  ~IgnoredPipes();
  IgnoredPipes(const IgnoredPipes&) = delete;
  IgnoredPipes& operator=(const IgnoredPipes&) = delete;

 private:
  void (*before_)(int);
};

class LineChannel {
 public:
  struct Listener {
    std::function<void(std::string line)> line;
    std::function<void()> ended;  ///< the peer closed its side, or it broke; nothing comes after
  };

  /// Takes over both descriptors. Nothing is called before the context runs.
  static std::shared_ptr<LineChannel> open(boost::asio::io_context& context, int input, int output,
                                           Listener listener);
  virtual ~LineChannel() = default;
  /// Adds the end of the line. Silently nothing once the peer is gone: `ended` says so.
  virtual void send(std::string line) = 0;
  /// Closes the way down, when all that was sent is written; the peer sees the end of its input.
  virtual void close_output() = 0;
  /// Closes both ways; the listener is not called any more.
  virtual void drop() = 0;
};

}  // namespace holdfast::harness
