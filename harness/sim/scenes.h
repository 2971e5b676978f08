// The scenes that are explored exhaustively: small settings, each about one thing that can go
// wrong, with the bounds that are asked for.
#pragma once

#include <string>
#include <vector>

#include "harness/sim/exhaustive.h"

namespace holdfast::harness::sim {

struct Scene {
  std::string name;
  std::string about;
  Setting setting;
  Bounds bounds;

  /// So many processes, each on its host, which do what the first one does.
  void resize(std::size_t processes);
};

/// All there are, for this contender.
std::vector<Scene> scenes(const std::string& contender);

/// How hosts have mounted the share, and what the server is like.
enum class MountKind : std::uint8_t {
  plain,      ///< requests are sent until they are answered, and nothing is remembered
  soft,       ///< who gets no answer gives up with EIO; the request may still arrive
  version_3,  ///< hosts remember lookups; listings are judged by stamps that tick every second, and
              ///< what is sent again is done again
};

const char* word(MountKind kind);
void mount_as(MountKind kind, Setting& setting);

/// Ever wider bounds on the way to these: first nothing goes wrong, then one thing more each time.
std::vector<Bounds> on_the_way_to(const Bounds& bounds);

}  // namespace holdfast::harness::sim
