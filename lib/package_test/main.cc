// Built against the installed library by the test `package`: the shortest program that holds a
// lock, and the page's example of a register.
#include <holdfast/lock.h>
#include <holdfast/protocol/register.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <random>
#include <string>

namespace {

/// Whether the first number of a counter is taken by one rename.
bool counts(const std::string& path) {
  const holdfast::Values values = {
      [](const std::string& name) { return name.starts_with("count,"); },
      [](const std::string& name) {
        return name.size() == 24 && name.find_first_not_of("0123456789", 6) == name.npos;
      },
      [](const std::string& a, const std::string& b) { return a < b; }};
  holdfast::Register counter(path, values, holdfast::os::native());
  std::error_code error;
  holdfast::Seen seen = counter.look_afresh(std::chrono::seconds(5));
  if (seen.fresh && seen.sight == holdfast::Sight::missing) {
    counter.create("count,000000000000000000", error);
    seen = counter.look_afresh(std::chrono::seconds(5));
  }
  if (!seen.certain()) return false;
  const auto swap = counter.swap(seen.value, "count,000000000000000001", std::chrono::seconds(5));
  return swap.outcome == holdfast::Swapped::yes;
}

}  // namespace

int main() {
  const auto path = std::filesystem::temp_directory_path() /
                    ("holdfast-package-test-" + std::to_string(std::random_device{}()));
  holdfast::Lock lock(path.string());
  {
    const std::scoped_lock hold(lock);
    if (!lock.held() || lock.token() == 0) return 1;
  }
  std::filesystem::remove_all(path);
  const bool counted = counts(path.string());
  std::filesystem::remove_all(path);
  if (!counted) return 1;
  std::puts(lock.held() ? "still held" : "held, and given back");
  return lock.held() ? 1 : 0;
}
