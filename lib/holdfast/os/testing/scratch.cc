#include <holdfast/os/testing/scratch.h>
#include <stdlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace holdfast::os::testing {

Scratch::Scratch(const std::string& place) : path_(place + "/holdfast-test-XXXXXX") {
  if (::mkdtemp(path_.data()) != nullptr) return;
  std::perror(path_.c_str());
  std::abort();
}

Scratch::~Scratch() {
  std::error_code ignored;  // a test's own assertions speak of what it left behind
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace holdfast::os::testing
