// A directory of a test's own, gone with all that is in it when the test is over.
#pragma once

#include <string>

namespace holdfast::os::testing {

class Scratch {
 public:
  /// Below `place`. Aborts if it cannot be made: no test can go on.
  explicit Scratch(const std::string& place = "/dev/shm");
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace holdfast::os::testing
