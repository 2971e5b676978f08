// How faults are injected into a server that runs: a socket, one JSON object a line each way.
//
//   {"fault": {...}}   one more, as in a script, its times counted from now   {"injected": 7}
//   {"end": 7}         ends it                                                {"ended": 7}
//   {"start": true}    faults strike from now on, if they did not before      {"started": true}
//   {"crash": {...}}   kills the group of the one who asks (crash_points.h)   {"armed": true}
//     "operations": ["link"], "at": 3, "before": true, "leader_too": false, "mark": "any text"
//
// What is wrong with a line is answered with {"problem": "..."}, and changes nothing.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <memory>
#include <string>
#include <vector>

#include "harness/result/result.h"
#include "harness/sharedmount/crash_points.h"
#include "harness/sharedmount/wire.h"

namespace holdfast::harness::mount {

/// What can be controlled. All must outlive those who use it.
struct Controlled {
  Wire& wire;
  CrashPoints& crash_points;
  std::vector<std::string> hosts;
  bool forgets = false;
};

/// The answer to one line of process `who`.
std::string answer_to(const std::string& line, Controlled& controlled, pid_t who);

class Control {
 public:
  /// Listens at `path`, which is removed when the control goes. Nothing may be there but a socket
  /// at which nobody listens: a killed server's. Only the owner of the server may connect.
  static Result<std::unique_ptr<Control>> listen(boost::asio::io_context& context,
                                                 const std::string& path, Controlled controlled);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

 private:
  struct Peer;
  Control(boost::asio::io_context& context, std::string path, Controlled controlled);
  void accept();
  void read(const std::shared_ptr<Peer>& peer);

  std::string path_;
  Controlled controlled_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
};

/// Whether somebody listens at `path`.
bool is_listened_at(const std::string& path);

/// Says one line to the server that listens at `path`, and gives its answer. Waits at most 5 s.
Result<std::string> say(const std::string& path, const std::string& line);

}  // namespace holdfast::harness::mount
