#include "harness/history/recorder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "harness/history/layout.h"
#include "harness/history/mapping.h"

namespace holdfast::harness {
namespace {

using layout::Header;
using layout::Record;

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kFirstRoom = 256 * 1024;
constexpr std::uint64_t kRoom = 1024 * 1024;

std::error_code last_error() { return {errno, std::system_category()}; }

template <class T>
void publish(T& word, T value) {
  std::atomic_ref<T>(word).store(value, std::memory_order_release);
}

/// Allocates room for real: afterwards a store into it cannot fail.
std::error_code allocate(int file, std::uint64_t offset, std::uint64_t bytes) {
  for (;;) {
    const int error =
        ::posix_fallocate(file, static_cast<off_t>(offset), static_cast<off_t>(bytes));
    if (error == 0) return {};
    if (error != EINTR) return {error, std::system_category()};
  }
}

class FileRecorder final : public Recorder {
 public:
  FileRecorder(int file, bool written, std::function<std::int64_t()> now_ns)
      : now_ns_(std::move(now_ns)), file_(file), written_(written) {}
  ~FileRecorder() override {
    if (header_ != nullptr && !written_) {
      // What was allocated ahead is given back; if that is refused it is scrap, and only room.
      const int ignored = ::ftruncate(file_, static_cast<off_t>(layout::kHeaderBytes + committed_));
      static_cast<void>(ignored);
    }
    ::close(file_);
  }

  std::error_code begin(const RecorderIdentity& identity) {
    if (const auto error = allocate(file_, 0, layout::kHeaderBytes)) return error;
    if (const auto error = page_.map(file_, 0, layout::kHeaderBytes, Mapping::For::writing)) {
      return error;
    }
    auto* const header = reinterpret_cast<Header*>(page_.at());
    std::memcpy(header->magic, layout::kMagic, sizeof header->magic);
    header->version = layout::kVersion;
    header->header_bytes = layout::kHeaderBytes;
    header->kind = layout::kWorker;
    header->slot = identity.slot;
    header->pid = identity.pid;
    header->records_files = identity.records_files ? 1 : 0;
    header->created_ns = now_ns_();
    if (written_) header->committed = layout::kToTheEnd;
    identity.worker.copy(header->worker, layout::kNameBytes - 1);
    identity.host.copy(header->host, layout::kNameBytes - 1);
    header_ = header;
    if (!written_) return make_room(kFirstRoom);
    // The mapped page is for the live words; what must last is written.
    const Header whole = *header;
    return write_at(0, &whole, sizeof whole) ? std::error_code() : last_error();
  }

  void record(Event event, const std::string& name, const std::string& other) override {
    const auto name_bytes = std::min<std::size_t>(name.size(), layout::kFileNameBytes);
    const auto other_bytes = std::min<std::size_t>(other.size(), layout::kFileNameBytes);
    const std::uint32_t bytes = layout::record_bytes(static_cast<std::uint32_t>(name_bytes),
                                                     static_cast<std::uint32_t>(other_bytes));
    const std::scoped_lock guard(mutex_);
    if (failed_.load(std::memory_order_relaxed) || !has_room(bytes)) {
      failed_.store(true, std::memory_order_relaxed);
      publish(header_->dropped, header_->dropped + 1);
      return;
    }
    event.at_ns = now_ns_();
    Record record{};
    record.bytes = bytes;
    record.name_bytes = static_cast<std::uint16_t>(name_bytes);
    record.other_bytes = static_cast<std::uint16_t>(other_bytes);
    record.at_ns = event.at_ns;
    record.began_ns = event.began_ns == 0 ? event.at_ns : event.began_ns;
    record.until_ns = event.until_ns;
    record.token = event.token;
    record.value = event.value;
    record.code = event.code;
    record.lock = event.lock;
    record.op = static_cast<std::uint8_t>(event.op);
    record.phase = static_cast<std::uint8_t>(event.phase);
    record.file = static_cast<std::uint8_t>(event.file);
    char* const place =
        written_ ? aside(bytes) : window_.at() + (layout::kHeaderBytes + committed_ - window_from_);
    std::memcpy(place, &record, sizeof record);
    std::memcpy(place + sizeof record, name.data(), name_bytes);
    std::memcpy(place + sizeof record + name_bytes, other.data(), other_bytes);
    if (written_ && !write_at(layout::kHeaderBytes + committed_, place, bytes)) {
      failed_.store(true, std::memory_order_relaxed);
      publish(header_->dropped, header_->dropped + 1);
      return;
    }
    commit(event, bytes);
  }

  bool failed() const override { return failed_.load(std::memory_order_relaxed); }

 private:
  /// The record counts from here on. A hold shows in the live words only while the records say so
  /// too: entered after the grant is committed, left before its end is.
  void commit(const Event& event, std::uint32_t bytes) {
    const bool granted = event.op == Op::acquire && event.phase == Phase::ok;
    const bool inside = (header_->sequence & 1U) != 0;
    const bool ends =
        (event.phase == Phase::invoke && (event.op == Op::release || event.op == Op::acquire)) ||
        (event.op == Op::worker && event.phase == Phase::ok);
    if (inside && (ends || granted)) publish(header_->sequence, header_->sequence + 1);
    committed_ += bytes;
    if (!written_) publish(header_->committed, committed_);
    publish(header_->events, header_->events + 1);
    if (!granted) return;
    publish(header_->lock, std::uint64_t{event.lock});
    publish(header_->since_ns, event.at_ns);
    publish(header_->grants, header_->grants + 1);
    publish(header_->sequence, header_->sequence + 1);
  }

  /// Zeroed room for a record that is written as one.
  char* aside(std::uint32_t bytes) {
    aside_.assign(bytes, '\0');
    return aside_.data();
  }

  bool write_at(std::uint64_t offset, const void* from, std::size_t bytes) const {
    return ::pwrite(file_, from, bytes, static_cast<off_t>(offset)) == static_cast<ssize_t>(bytes);
  }

  bool has_room(std::uint32_t bytes) {
    if (written_) return true;
    if (layout::kHeaderBytes + committed_ + bytes <= allocated_) return true;
    // On a nearly full disk the last little room is still worth having.
    return !make_room(kRoom) || !make_room(2 * kPage);
  }

  std::error_code make_room(std::uint64_t bytes) {
    const std::uint64_t end = layout::kHeaderBytes + committed_;
    const std::uint64_t from = end / kPage * kPage;
    const std::uint64_t before = std::max<std::uint64_t>(allocated_, layout::kHeaderBytes);
    if (const auto error = allocate(file_, before, bytes)) return error;
    const std::uint64_t after = before + bytes;
    if (const auto error = window_.map(file_, from, after - from, Mapping::For::writing)) {
      return error;
    }
    window_from_ = from;
    allocated_ = after;
    return {};
  }

  std::function<std::int64_t()> now_ns_;
  int file_;
  bool written_;  ///< with write(2), not mapped
  std::string aside_;
  Mapping page_;    ///< the header
  Mapping window_;  ///< the end of the file, where records are appended
  Header* header_ = nullptr;
  std::uint64_t window_from_ = 0;
  std::uint64_t allocated_ = 0;
  std::uint64_t committed_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;  ///< a lease keeper's thread records what it finds out
};

/// The file's name until its header is whole.
std::string unborn(const std::string& path) { return path + ".new"; }

bool fits(const std::string& name) {
  return !name.empty() && name.size() < layout::kNameBytes && name.find('\0') == std::string::npos;
}

}  // namespace

std::int64_t recorder_now_ns() {
  struct timespec now = {};
  // The system call itself: the library's function can be preloaded, and the vdso patched.
  ::syscall(SYS_clock_gettime, CLOCK_MONOTONIC_RAW, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Result<std::unique_ptr<Recorder>> Recorder::create(const std::string& path,
                                                   const RecorderIdentity& identity,
                                                   std::function<std::int64_t()> now_ns) {
  if (!fits(identity.worker) || !fits(identity.host)) {
    return problem(path, "a worker's and a host's name have 1 to " +
                             std::to_string(layout::kNameBytes - 1) + " bytes, these are \"" +
                             identity.worker + "\" and \"" + identity.host + "\"");
  }
  const std::string first = unborn(path);
  const int file = ::open(first.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) return problem(first, "make this history file", last_error());
  auto recorder =
      std::make_unique<FileRecorder>(file, identity.survives_power_cut, std::move(now_ns));
  if (const auto error = recorder->begin(identity)) {
    ::unlink(first.c_str());
    return problem(first, "allocate and map room for events", error);
  }
  struct stat status = {};
  if (::lstat(path.c_str(), &status) == 0) {
    ::unlink(first.c_str());
    return problem(path, "is there already: each worker of a run needs a history file of its own");
  }
  if (::rename(first.c_str(), path.c_str()) != 0) {
    const auto error = last_error();
    ::unlink(first.c_str());
    return problem(path, "give this history file its name", error);
  }
  return recorder;
}

}  // namespace holdfast::harness
