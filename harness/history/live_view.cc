#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "harness/history/layout.h"
#include "harness/history/mapping.h"
#include "harness/history/recorder.h"

namespace holdfast::harness {
namespace {

using layout::Header;

template <class T>
T load(const T& word) {
  // atomic_ref wants a T it could write to; the page is mapped for reading and only read.
  return std::atomic_ref<T>(const_cast<T&>(word)).load(std::memory_order_acquire);
}

class MappedLiveView final : public LiveView {
 public:
  explicit MappedLiveView(Mapping page) : page_(std::move(page)) {}

  /// The words of one hold belong together if `sequence` is the same before and after. A worker
  /// that is killed in between cannot make this loop for ever: then nothing changes any more.
  Live read() const override {
    constexpr int kTries = 1000;
    const auto& header = *reinterpret_cast<const Header*>(page_.at());
    Live live;
    for (int i = 0; i < kTries; ++i) {
      live.sequence = load(header.sequence);
      live.inside = (live.sequence & 1U) != 0;
      live.lock = static_cast<std::uint32_t>(load(header.lock));
      live.since_ns = load(header.since_ns);
      live.grants = load(header.grants);
      live.events = load(header.events);
      if (load(header.sequence) == live.sequence) return live;
    }
    live.inside = false;
    return live;
  }

 private:
  Mapping page_;
};

}  // namespace

Result<std::unique_ptr<LiveView>> LiveView::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return problem(path, "open this history file", {errno, std::system_category()});
  }
  struct stat status = {};
  Mapping page;
  std::error_code error;
  if (::fstat(file, &status) != 0) {
    error = {errno, std::system_category()};
  } else if (status.st_size >= static_cast<off_t>(layout::kHeaderBytes)) {
    error = page.map(file, 0, layout::kHeaderBytes, Mapping::For::reading);
  }
  ::close(file);
  if (error) return problem(path, "map this history file", error);
  if (page.at() == nullptr) return problem(path, "is too short for a history file");
  const auto& header = *reinterpret_cast<const Header*>(page.at());
  if (std::memcmp(header.magic, layout::kMagic, sizeof header.magic) != 0 ||
      header.version != layout::kVersion) {
    return problem(path, "is no history file of version " + std::to_string(layout::kVersion));
  }
  return std::make_unique<MappedLiveView>(std::move(page));
}

}  // namespace holdfast::harness
