#include "harness/contender/preload/log.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/contender/preload/raw.h"
#include "harness/history/layout.h"

namespace holdfast::harness::preload {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kRoom = 64 * 1024;
constexpr std::size_t kLongestPath = 4096;
constexpr long kSignalSetBytes = 8;
constexpr std::uint64_t kAllSignals = ~std::uint64_t{0};

/// One for the whole process; all of it is guarded by `busy`. Zero at the start, no constructor.
struct Log {
  int owner;  ///< the process that this belongs to: a forked child finds another's
  int busy;
  bool over;  ///< it could not be begun, or was ended
  layout::Header* header;
  char* window;
  std::uint64_t window_from;  ///< offset in the file
  std::uint64_t window_bytes;
  std::uint64_t allocated;
  std::uint64_t committed;
  char path[kLongestPath];
};
Log log_;

int process() { return static_cast<int>(raw_call(SYS_getpid)); }

/// Holds the log, and all signals off, so that no handler of this thread can come back here.
class Held {
 public:
  Held() {
    raw_call(SYS_rt_sigprocmask, SIG_BLOCK, as_long(&kAllSignals), as_long(&before_),
             kSignalSetBytes);
    claim();
    while (__atomic_exchange_n(&log_.busy, 1, __ATOMIC_ACQUIRE) != 0) raw_call(SYS_sched_yield);
  }
  ~Held() {
    __atomic_store_n(&log_.busy, 0, __ATOMIC_RELEASE);
    raw_call(SYS_rt_sigprocmask, SIG_SETMASK, as_long(&before_), 0, kSignalSetBytes);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  /// In a forked child the state is its parent's, `busy` perhaps for ever: begin anew. The parent's
  /// mappings are forgotten, not touched.
  static void claim() {
    constexpr int kBeginning = -1;
    const int self = process();
    for (;;) {
      int owner = __atomic_load_n(&log_.owner, __ATOMIC_ACQUIRE);
      if (owner == self) return;
      if (owner == kBeginning) continue;
      if (!__atomic_compare_exchange_n(&log_.owner, &owner, kBeginning, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE)) {
        continue;
      }
      log_.busy = 0;
      log_.over = false;
      log_.header = nullptr;
      log_.window = nullptr;
      log_.window_bytes = log_.allocated = log_.committed = 0;
      __atomic_store_n(&log_.owner, self, __ATOMIC_RELEASE);
      return;
    }
  }

  std::uint64_t before_ = 0;
};

char* put(char* to, const char* end, const char* text) {
  while (*text != '\0' && to < end) *to++ = *text++;
  return to;
}

char* put(char* to, const char* end, int number) {
  char digits[16];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (count > 0 && to < end) *to++ = digits[--count];
  return to;
}

/// HISTORY.PID.events and what `more` says; false: too long.
bool compose(const Settings& settings, const char* more, char (&path)[kLongestPath]) {
  const char* const end = path + kLongestPath - 1;
  char* at = put(path, end, settings.history);
  at = put(at, end, ".");
  at = put(at, end, process());
  at = put(at, end, ".events");
  at = put(at, end, more);
  *at = '\0';
  return at < end;
}

char* map(int file, std::uint64_t from, std::uint64_t bytes) {
  const long at = raw_call(SYS_mmap, 0, static_cast<long>(bytes), PROT_READ | PROT_WRITE,
                           MAP_SHARED, file, static_cast<long>(from));
  return at < 0 && at > -4096 ? nullptr : reinterpret_cast<char*>(at);
}

/// Real blocks: a store into what fallocate(2) promised cannot fail. Where the file system cannot
/// promise, zeros are written.
bool allocate(int file, std::uint64_t from, std::uint64_t bytes) {
  if (raw_call(SYS_fallocate, file, 0, static_cast<long>(from), static_cast<long>(bytes)) == 0) {
    return true;
  }
  static const char kZeros[kPage] = {};
  for (std::uint64_t done = 0; done < bytes; done += kPage) {
    const long written = raw_call(SYS_pwrite64, file, as_long(kZeros), static_cast<long>(kPage),
                                  static_cast<long>(from + done));
    if (written != static_cast<long>(kPage)) return false;
  }
  return true;
}

void fill(const Settings& settings, layout::Header& header) {
  __builtin_memcpy(header.magic, layout::kMagic, sizeof header.magic);
  header.version = layout::kVersion;
  header.header_bytes = layout::kHeaderBytes;
  header.kind = layout::kProgram;
  header.pid = process();
  header.created_ns = raw_now_ns();
  header.records_files = 1;
  put(header.worker, header.worker + layout::kNameBytes - 1, settings.worker);
}

bool begin(const Settings& settings) {
  char unborn[kLongestPath];
  if (!compose(settings, "", log_.path) || !compose(settings, ".new", unborn)) return false;
  const int file = raw_open(unborn, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) return false;
  char* const page =
      allocate(file, 0, layout::kHeaderBytes) ? map(file, 0, layout::kHeaderBytes) : nullptr;
  raw_close(file);
  if (page == nullptr) return false;
  log_.header = reinterpret_cast<layout::Header*>(page);
  fill(settings, *log_.header);
  log_.allocated = layout::kHeaderBytes;
  return raw_call(SYS_renameat, AT_FDCWD, as_long(unborn), AT_FDCWD, as_long(log_.path)) == 0;
}

bool make_room() {
  const int file = raw_open(log_.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return false;
  const std::uint64_t from = (layout::kHeaderBytes + log_.committed) / kPage * kPage;
  const std::uint64_t after = log_.allocated + kRoom;
  char* const window =
      allocate(file, log_.allocated, kRoom) ? map(file, from, after - from) : nullptr;
  raw_close(file);
  if (window == nullptr) return false;
  if (log_.window != nullptr) {
    raw_call(SYS_munmap, as_long(log_.window), static_cast<long>(log_.window_bytes));
  }
  log_.window = window;
  log_.window_from = from;
  log_.window_bytes = after - from;
  log_.allocated = after;
  return true;
}

bool ready(const Settings& settings) {
  if (log_.over) return false;
  if (log_.header != nullptr) return true;
  log_.over = !begin(settings);
  if (log_.over) log_.header = nullptr;
  return !log_.over;
}

layout::Record record_of(const Event& event, std::uint32_t bytes, Text name, Text other) {
  layout::Record record = {};
  record.bytes = bytes;
  record.name_bytes = static_cast<std::uint16_t>(name.size);
  record.other_bytes = static_cast<std::uint16_t>(other.size);
  record.at_ns = raw_now_ns();
  record.began_ns = event.began_ns;
  record.value = event.value;
  record.code = event.code;
  record.lock = event.lock;
  record.op = static_cast<std::uint8_t>(event.op);
  record.phase = static_cast<std::uint8_t>(event.phase);
  record.file = static_cast<std::uint8_t>(event.file);
  return record;
}

}  // namespace

void begin_log(const Settings& settings) {
  const Held held;
  ready(settings);
}

void append(const Settings& settings, const Event& event, Text name, Text other) {
  const Held held;
  if (!ready(settings)) return;
  if (name.size > layout::kFileNameBytes) name.size = layout::kFileNameBytes;
  if (other.size > layout::kFileNameBytes) other.size = layout::kFileNameBytes;
  const std::uint32_t bytes = layout::record_bytes(static_cast<std::uint32_t>(name.size),
                                                   static_cast<std::uint32_t>(other.size));
  const bool room = layout::kHeaderBytes + log_.committed + bytes <= log_.allocated;
  if (log_.header->dropped != 0 || (!room && !make_room())) {
    __atomic_store_n(&log_.header->dropped, log_.header->dropped + 1, __ATOMIC_RELEASE);
    return;
  }
  const layout::Record record = record_of(event, bytes, name, other);
  char* const place = log_.window + (layout::kHeaderBytes + log_.committed - log_.window_from);
  __builtin_memcpy(place, &record, sizeof record);
  __builtin_memcpy(place + sizeof record, name.at, name.size);
  __builtin_memcpy(place + sizeof record + name.size, other.at, other.size);
  log_.committed += bytes;
  __atomic_store_n(&log_.header->committed, log_.committed, __ATOMIC_RELEASE);
  __atomic_store_n(&log_.header->events, log_.header->events + 1, __ATOMIC_RELEASE);
}

void end_log() {
  const Held held;
  if (log_.over || log_.header == nullptr) return;
  log_.over = true;
  const int file = raw_open(log_.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return;
  raw_call(SYS_ftruncate, file, static_cast<long>(layout::kHeaderBytes + log_.committed));
  raw_close(file);
}

}  // namespace holdfast::harness::preload
