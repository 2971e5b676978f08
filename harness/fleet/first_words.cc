#include "harness/fleet/first_words.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace holdfast::harness {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Nobody who is asked for a word says more.
constexpr std::size_t kLongestLine = 200;

class Conversation : public std::enable_shared_from_this<Conversation> {
 public:
  Conversation(asio::io_context& context, const SpawnedProcess& process,
               std::shared_ptr<const std::string> program,
               std::function<void(const FirstWords::Outcome&)> done)
      : input_(context, process.input),
        output_(context, process.output),
        program_(std::move(program)),
        done_(std::move(done)) {}

  /// Byte by byte, since what follows is not ours.
  void listen() {
    asio::async_read(
        output_, asio::buffer(letter_),
        [self = shared_from_this()](const error_code& error, std::size_t) { self->heard(error); });
  }

 private:
  void heard(const error_code& error) {
    if (error || line_.size() > kLongestLine) return end({});
    if (letter_[0] != '\n') {
      line_ += letter_[0];
      return listen();
    }
    const std::string line = std::exchange(line_, {});
    if (line == "have") {
      FirstWords::Outcome outcome;
      outcome.have = true;
      outcome.input = input_.release();
      outcome.output = output_.release();
      return done_(outcome);
    }
    if (line == "want") return give();
    if (line.starts_with("foreign ")) {
      return end("it is a " + line.substr(8) + ", for which this program has no agent");
    }
    listen();  // a greeting of the host's
  }

  void give() {
    asio::async_write(input_, asio::buffer(*program_),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                        if (error) return self->end("the agent could not be copied to it");
                        self->listen();
                      });
  }

  void end(const std::string& said) {
    FirstWords::Outcome outcome;
    outcome.said = said;
    done_(outcome);
  }

  asio::posix::stream_descriptor input_;
  asio::posix::stream_descriptor output_;
  std::shared_ptr<const std::string> program_;
  std::function<void(const FirstWords::Outcome&)> done_;
  std::array<char, 1> letter_{};
  std::string line_;
};

}  // namespace

void FirstWords::read(asio::io_context& context, const SpawnedProcess& process,
                      std::shared_ptr<const std::string> program,
                      std::function<void(const Outcome&)> done) {
  std::make_shared<Conversation>(context, process, std::move(program), std::move(done))->listen();
}

}  // namespace holdfast::harness
