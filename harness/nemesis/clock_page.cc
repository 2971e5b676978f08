#include "harness/nemesis/clock_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <new>

#include "harness/descriptor/descriptor.h"

namespace holdfast::harness {
namespace {

constexpr std::uint64_t kMagic = 0x31'6b'63'6f'6c'63'66'68;  // "hfclock1": name and version
constexpr std::size_t kWords = 7;

using Word = std::atomic<std::int64_t>;
static_assert(Word::is_always_lock_free, "the page is shared between processes");

struct Page {
  std::atomic<std::uint64_t> magic;
  std::atomic<std::uint64_t> changes;  ///< the slot in use is this modulo 2
  std::array<std::array<Word, kWords>, 2> slots;
};

std::array<std::int64_t, kWords> words_of(const ClockMap& map) {
  return {map.raw.real,
          map.raw.shown,
          map.boot.real,
          map.boot.shown,
          map.wall.real,
          map.wall.shown,
          std::bit_cast<std::int64_t>(map.rate)};
}

ClockMap map_of(const std::array<std::int64_t, kWords>& words) {
  return {{words[0], words[1]},
          {words[2], words[3]},
          {words[4], words[5]},
          std::bit_cast<double>(words[6])};
}

ClockMap read_page(const Page& page) {
  while (true) {
    const std::uint64_t before = page.changes.load(std::memory_order_acquire);
    std::array<std::int64_t, kWords> words{};
    for (std::size_t i = 0; i < kWords; ++i) {
      words[i] = page.slots[before % 2][i].load(std::memory_order_relaxed);
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    if (page.changes.load(std::memory_order_relaxed) == before) return map_of(words);
  }
}

std::error_code last_error() { return {errno, std::system_category()}; }

/// A mapping of the whole page; the file may be closed, and even removed, afterwards.
class Mapping {
 public:
  Mapping(int file, int protection)
      : address_(::mmap(nullptr, sizeof(Page), protection, MAP_SHARED, file, 0)) {}
  ~Mapping() {
    if (good()) ::munmap(address_, sizeof(Page));
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  bool good() const { return address_ != MAP_FAILED; }
  Page* page() const { return static_cast<Page*>(address_); }

 private:
  void* address_;
};

class MappedPage : public ClockPage {
 public:
  explicit MappedPage(std::unique_ptr<Mapping> mapping) : mapping_(std::move(mapping)) {
    Page& page = *new (mapping_->page()) Page{};
    write(ClockMap{});
    page.magic.store(kMagic, std::memory_order_release);
  }
  ClockMap read() const override { return read_page(*mapping_->page()); }
  void write(const ClockMap& map) override {
    Page& page = *mapping_->page();
    const std::uint64_t next = page.changes.load(std::memory_order_relaxed) + 1;
    // A reader that sees any of these words must also see that `changes` had come this far: it
    // would otherwise take words of two changes for one.
    std::atomic_thread_fence(std::memory_order_release);
    const auto words = words_of(map);
    for (std::size_t i = 0; i < kWords; ++i) {
      page.slots[next % 2][i].store(words[i], std::memory_order_relaxed);
    }
    page.changes.store(next, std::memory_order_release);
  }

 private:
  std::unique_ptr<Mapping> mapping_;
};

class MappedView : public ClockView {
 public:
  explicit MappedView(std::unique_ptr<Mapping> mapping) : mapping_(std::move(mapping)) {}
  ClockMap read() const override { return read_page(*mapping_->page()); }

 private:
  std::unique_ptr<Mapping> mapping_;
};

}  // namespace

Result<std::unique_ptr<ClockPage>> ClockPage::create(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file) return problem(path, "make the clock page", last_error());
  if (const int error = ::posix_fallocate(file.number(), 0, sizeof(Page)); error != 0) {
    return problem(path, "allocate the clock page", {error, std::system_category()});
  }
  auto mapping = std::make_unique<Mapping>(file.number(), PROT_READ | PROT_WRITE);
  if (!mapping->good()) return problem(path, "map the clock page", last_error());
  return std::make_unique<MappedPage>(std::move(mapping));
}

Result<std::unique_ptr<ClockView>> ClockView::open(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return problem(path, "open the clock page", last_error());
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return problem(path, "look at it", last_error());
  if (status.st_size < static_cast<off_t>(sizeof(Page))) {
    return problem(path, "is too short for a clock page of this version");
  }
  auto mapping = std::make_unique<Mapping>(file.number(), PROT_READ);
  if (!mapping->good()) return problem(path, "map the clock page", last_error());
  if (mapping->page()->magic.load(std::memory_order_acquire) != kMagic) {
    return problem(path, "is not a clock page of this version");
  }
  return std::make_unique<MappedView>(std::move(mapping));
}

}  // namespace holdfast::harness
