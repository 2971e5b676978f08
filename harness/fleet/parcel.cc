#include "harness/fleet/parcel.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/dataflow_exception.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>

#include "harness/descriptor/descriptor.h"
#include "harness/history/layout.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
namespace codec = boost::archive::iterators;

constexpr std::uint64_t kLargest = std::uint64_t{1} << 20;
constexpr const char* kHistory = ".events";
constexpr const char* kLog = ".err";

std::error_code last_error() { return {errno, std::system_category()}; }

class File {
 public:
  File(const std::string& path, int flags)
      : opened_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  explicit operator bool() const { return static_cast<bool>(opened_); }

  std::error_code read(std::uint64_t at, char* to, std::size_t size) const {
    while (size > 0) {
      const ssize_t got = ::pread(opened_.number(), to, size, static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return last_error();
      if (got == 0) return {EIO, std::system_category()};  // shorter than it said it was
      to += got, at += static_cast<std::uint64_t>(got), size -= static_cast<std::size_t>(got);
    }
    return {};
  }

  std::error_code write(std::uint64_t at, const char* from, std::size_t size) const {
    while (size > 0) {
      const ssize_t put = ::pwrite(opened_.number(), from, size, static_cast<off_t>(at));
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return last_error();
      from += put, at += static_cast<std::uint64_t>(put), size -= static_cast<std::size_t>(put);
    }
    return {};
  }

  std::uint64_t size() const {
    struct stat now {};
    return ::fstat(opened_.number(), &now) == 0 ? static_cast<std::uint64_t>(now.st_size) : 0;
  }

 private:
  Descriptor opened_;
};

std::string to_base64(const std::string& bytes) {
  using Letters = codec::base64_from_binary<codec::transform_width<const char*, 6, 8>>;
  std::string text(Letters(bytes.data()), Letters(bytes.data() + bytes.size()));
  return text.append((3 - bytes.size() % 3) % 3, '=');
}

std::optional<std::string> from_base64(std::string text) {
  using Bytes = codec::transform_width<codec::binary_from_base64<const char*>, 8, 6>;
  const auto padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
  if (text.size() % 4 != 0 || padding > 2) return std::nullopt;
  std::replace(text.end() - static_cast<std::ptrdiff_t>(padding), text.end(), '=', 'A');
  try {
    std::string bytes(Bytes(text.data()), Bytes(text.data() + text.size()));
    bytes.resize(bytes.size() - padding);
    return bytes;
  } catch (const codec::dataflow_exception&) {
    return std::nullopt;
  }
}

std::string deflated(const std::string& bytes) {
  uLongf size = ::compressBound(bytes.size());
  std::string packed(size, '\0');
  const int done =
      ::compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                  reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), Z_BEST_SPEED);
  if (done != Z_OK) std::abort();  // the room is enough, and memory is never short on Linux
  packed.resize(size);
  return packed;
}

std::optional<std::string> inflated(const std::string& packed, std::uint64_t size) {
  std::string bytes(size, '\0');
  uLongf got = size;
  const int done = ::uncompress(reinterpret_cast<Bytef*>(bytes.data()), &got,
                                reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  if (done != Z_OK || got != size) return std::nullopt;
  return bytes;
}

bool is_history(const std::string& file) { return file.ends_with(kHistory); }

/// How many of these bytes are events that are there as a whole.
std::uint64_t whole_events(const char* bytes, std::uint64_t size) {
  std::uint64_t whole = 0;
  layout::Record record{};
  while (size - whole >= sizeof record) {
    std::memcpy(&record, bytes + whole, sizeof record);
    if (record.bytes < sizeof record || record.bytes > size - whole) break;
    whole += record.bytes;
  }
  return whole;
}

/// A name that stays in its folder.
bool is_name(const std::string& file) {
  return (is_history(file) || file.ends_with(kLog)) && file.find('/') == std::string::npos &&
         file.find('\0') == std::string::npos && file.front() != '.';
}

}  // namespace

void Packer::list() {
  for (const std::string& folder : folders_) {
    std::error_code error;  // a folder that is not there yet has nothing to send
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      if (is_name(at->path().filename())) paths_.push_back(at->path().string());
    }
  }
}

Result<std::optional<Parcel>> Packer::next() {
  if (paths_.empty()) list();
  while (!paths_.empty()) {
    auto parcel = from(paths_.back());
    if (!parcel || *parcel) return parcel;
    paths_.pop_back();
  }
  return std::nullopt;
}

Result<std::optional<Parcel>> Packer::from(const std::string& path) {
  const File file(path, O_RDONLY);
  if (!file) return problem(path, "open it to send it", last_error());
  const bool history = is_history(path);
  std::string page;
  layout::Header header{};
  std::uint64_t there = history ? 0 : file.size();
  if (history) {
    page.resize(layout::kHeaderBytes);
    if (const auto error = file.read(0, page.data(), page.size())) {
      return problem(path, "read its header", error);
    }
    std::memcpy(&header, page.data(), sizeof header);
    // What the header says is there was written before it.
    std::atomic_thread_fence(std::memory_order_acquire);
    there = header.committed;
  }
  const auto [entry, is_new] = sent_.emplace(path, 0);
  std::uint64_t& sent = entry->second;
  // A history that has no event yet is news, too: its header says who began to work.
  if (there <= sent && !(history && is_new)) return std::nullopt;
  Parcel parcel{fs::path(path).filename(), sent, std::min(there - sent, kLargest), {}};
  const std::size_t before = page.size();
  page.resize(before + parcel.bytes);
  if (const auto error = file.read(before + sent, page.data() + before, parcel.bytes)) {
    return problem(path, "read it to send it", error);
  }
  if (history) {
    const std::uint64_t whole = whole_events(page.data() + before, parcel.bytes);
    if (whole == 0 && parcel.bytes != 0) {
      return problem(path, "the record at byte " + std::to_string(before + sent) +
                               " is damaged: nothing from there on can be sent");
    }
    parcel.bytes = whole;
    page.resize(before + parcel.bytes);
    header.committed = sent + parcel.bytes;
    std::memcpy(page.data(), &header, sizeof header);
  }
  sent += parcel.bytes;
  parcel.packed = to_base64(deflated(page));
  return parcel;
}

Result<void> unpack(const Parcel& parcel, const std::string& folder) {
  const std::string place = folder + "/" + parcel.file;
  if (parcel.file.empty() || !is_name(parcel.file) || parcel.bytes > kLargest) {
    return problem("a parcel of " + parcel.file, "no host of this program's sends such a one");
  }
  const std::uint64_t head = is_history(parcel.file) ? layout::kHeaderBytes : 0;
  const auto packed = from_base64(parcel.packed);
  const auto bytes = packed ? inflated(*packed, head + parcel.bytes) : std::nullopt;
  if (!bytes) return problem("a parcel of " + parcel.file, "was damaged on its way");
  const File file(place, O_WRONLY | O_CREAT);
  if (!file) return problem(place, "open it for writing", last_error());
  if (const auto error = file.write(head + parcel.at, bytes->data() + head, parcel.bytes)) {
    return problem(place, "write what a host sent", error);
  }
  if (const auto error = file.write(0, bytes->data(), head)) {
    return problem(place, "write what a host sent", error);
  }
  return {};
}

}  // namespace holdfast::harness
