// Built against the installed library by the test `package`: the shortest program that holds a
// lock, and what the pages show.
#include <holdfast/lock.h>

#include <cstdio>
#include <filesystem>
#include <mutex>
#include <random>
#include <string>

/// Runs the examples of the pages; how many there are.
int examples();

int main() {
  const auto path = std::filesystem::temp_directory_path() /
                    ("holdfast-package-test-" + std::to_string(std::random_device{}()));
  holdfast::Lock lock(path.string());
  {
    const std::scoped_lock hold(lock);
    if (!lock.held() || lock.token() == 0) return 1;
  }
  std::filesystem::remove_all(path);
  std::printf("%d examples of the pages have run\n", examples());
  std::puts(lock.held() ? "still held" : "held, and given back");
  return lock.held() ? 1 : 0;
}
