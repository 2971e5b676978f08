// What a shell on a host says before it becomes the agent: "have"; or "want", and is then given
// the agent's program; or "foreign SYSTEM". Nothing behind those lines is read: that is the
// agent's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "harness/fleet/spawn.h"

namespace holdfast::harness {

class FirstWords {
 public:
  struct Outcome {
    bool have = false;
    int input = -1;  ///< if it has; they are the caller's again
    int output = -1;
    std::string said;  ///< else: what was wrong, where it said so
  };

  /// Takes over the process's descriptors; `done` is called once, from the context.
  static void read(boost::asio::io_context& context, const SpawnedProcess& process,
                   std::shared_ptr<const std::string> program,
                   std::function<void(const Outcome&)> done);
};

}  // namespace holdfast::harness
