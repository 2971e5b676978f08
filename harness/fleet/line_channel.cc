#include "harness/fleet/line_channel.h"

#include <signal.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace holdfast::harness {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Longer lines come from nobody who speaks the protocol.
constexpr std::size_t kLongestLine = std::size_t{256} << 20;

class PipeChannel : public LineChannel, public std::enable_shared_from_this<PipeChannel> {
 public:
  PipeChannel(asio::io_context& context, int input, int output, Listener listener)
      : input_(context, input), output_(context, output), listener_(std::move(listener)) {}

  void read() {
    asio::async_read_until(input_, asio::dynamic_buffer(received_, kLongestLine), '\n',
                           [self = shared_from_this()](const error_code& error, std::size_t size) {
                             self->arrived(error, size);
                           });
  }

  void send(std::string line) override {
    if (!output_.is_open() || closing_) return;
    waiting_ += line;
    waiting_ += '\n';
    write();
  }

  void close_output() override {
    closing_ = true;
    if (!writing_) close(output_);
  }

  void drop() override {
    listener_ = {};
    close(input_);
    close(output_);
  }

 private:
  static void close(asio::posix::stream_descriptor& descriptor) {
    // A connected socket has other descriptors: closing one would not end what the peer reads. A
    // pipe refuses, and needs it not.
    if (descriptor.is_open()) ::shutdown(descriptor.native_handle(), SHUT_WR);
    error_code ignored;  // a pipe's end closes whatever close(2) says
    descriptor.close(ignored);
  }

  void arrived(const error_code& error, std::size_t size) {
    if (error) return end();
    std::string line = received_.substr(0, size - 1);
    received_.erase(0, size);
    // The listener may drop this channel, and with it itself.
    const Listener listener = listener_;
    if (listener.line) listener.line(std::move(line));
    if (input_.is_open()) read();
  }

  void end() {
    if (!input_.is_open()) return;
    close(input_);
    close(output_);
    const Listener listener = std::exchange(listener_, {});
    if (listener.ended) listener.ended();
  }

  void write() {
    if (writing_ || waiting_.empty()) return;
    writing_ = true;
    sending_ = std::exchange(waiting_, {});
    asio::async_write(output_, asio::buffer(sending_),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                        self->written(error);
                      });
  }

  void written(const error_code& error) {
    writing_ = false;
    if (error) return close(output_);  // reading tells when the peer is gone
    write();
    if (!writing_ && closing_) close(output_);
  }

  asio::posix::stream_descriptor input_;
  asio::posix::stream_descriptor output_;
  Listener listener_;
  std::string received_;
  std::string waiting_;
  std::string sending_;
  bool writing_ = false;
  bool closing_ = false;
};

}  // namespace

IgnoredPipes::IgnoredPipes() : before_(::signal(SIGPIPE, SIG_IGN)) {}

IgnoredPipes::~IgnoredPipes() { ::signal(SIGPIPE, before_); }

std::shared_ptr<LineChannel> LineChannel::open(asio::io_context& context, int input, int output,
                                               Listener listener) {
  auto channel = std::make_shared<PipeChannel>(context, input, output, std::move(listener));
  channel->read();
  return channel;
}

}  // namespace holdfast::harness
