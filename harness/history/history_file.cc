#include "harness/history/history_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace holdfast::harness {
namespace {

using layout::Header;
using layout::Record;

bool closed(const char (&name)[layout::kNameBytes]) {
  return std::memchr(name, '\0', sizeof name) != nullptr;
}

/// What is wrong with a header; empty: nothing.
std::string flaw(const Header& header, std::uint64_t file_bytes) {
  if (std::memcmp(header.magic, layout::kMagic, sizeof header.magic) != 0) {
    return "does not begin as a history file does";
  }
  if (header.version < layout::kOldestVersion || header.version > layout::kVersion) {
    return "is a history of version " + std::to_string(header.version) +
           ", this program reads versions " + std::to_string(layout::kOldestVersion) + " to " +
           std::to_string(layout::kVersion);
  }
  if (header.header_bytes != layout::kHeaderBytes) {
    return "has a header of " + std::to_string(header.header_bytes) + " bytes, not " +
           std::to_string(layout::kHeaderBytes);
  }
  if (header.kind != layout::kWorker && header.kind != layout::kProgram) {
    return "is of kind " + std::to_string(header.kind) + ", known are 1 (worker) and 2 (program)";
  }
  if (!closed(header.worker) || !closed(header.host) || header.worker[0] == '\0' ||
      (header.kind == layout::kWorker && header.host[0] == '\0')) {
    return "does not say whose it is";
  }
  if (header.committed != layout::kToTheEnd &&
      header.committed > file_bytes - layout::kHeaderBytes) {
    return "is torn: " + std::to_string(header.committed) + " bytes of events were committed, " +
           std::to_string(file_bytes - layout::kHeaderBytes) + " are there";
  }
  return {};
}

bool known(Op op) { return op >= Op::worker && op <= Op::leave; }
bool known(Phase phase) { return phase >= Phase::invoke && phase <= Phase::info; }
bool known(FileOp file) { return file <= FileOp::sync; }

Event decode(const Record& record) {
  Event event;
  event.at_ns = record.at_ns;
  event.began_ns = record.began_ns;
  event.until_ns = record.until_ns;
  event.token = record.token;
  event.value = record.value;
  event.code = record.code;
  event.lock = record.lock;
  event.op = static_cast<Op>(record.op);
  event.phase = static_cast<Phase>(record.phase);
  event.file = static_cast<FileOp>(record.file);
  return event;
}

}  // namespace

Result<HistoryFile> HistoryFile::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return problem(path, "open this history file", {errno, std::system_category()});
  HistoryFile opened;
  opened.path_ = path;
  struct stat status = {};
  std::error_code error;
  if (::fstat(file, &status) != 0) error = {errno, std::system_category()};
  const auto bytes = static_cast<std::uint64_t>(status.st_size);
  if (!error && bytes >= layout::kHeaderBytes) {
    error = opened.map_.map(file, 0, bytes, Mapping::For::reading);
  }
  ::close(file);
  if (error) return problem(path, "map this history file", error);
  if (opened.map_.at() == nullptr) return problem(path, "is too short for a history file");
  auto* const words = reinterpret_cast<Header*>(opened.map_.at());
  // Before the rest: what a writer that is still at work has committed by now is all there.
  const auto committed =
      std::atomic_ref<std::uint64_t>(words->committed).load(std::memory_order_acquire);
  std::memcpy(&opened.header_, words, sizeof opened.header_);
  opened.header_.committed = committed;
  opened.cut_off_ = committed == layout::kToTheEnd;
  if (auto wrong = flaw(opened.header_, bytes); !wrong.empty()) return problem(path, wrong);
  if (opened.cut_off_) opened.header_.committed = bytes - layout::kHeaderBytes;
  return opened;
}

tl::unexpected<Problem> HistoryFile::broken(const std::string& what) const {
  return problem(path_ + ": byte " + std::to_string(layout::kHeaderBytes + offset_),
                 what + ": the file was damaged, or written by something else than a recorder");
}

Result<bool> HistoryFile::next(Entry& entry) {
  const std::uint64_t left = header_.committed - offset_;
  if (left == 0) return false;
  if (left < sizeof(Record)) {
    if (cut_off_) return false;  // the power was cut while it was written
    return broken("half an event");
  }
  const char* const at = map_.at() + layout::kHeaderBytes + offset_;
  Record record;
  std::memcpy(&record, at, sizeof record);
  if (cut_off_ && record.bytes > left) return false;
  if (record.bytes > left || record.name_bytes > layout::kFileNameBytes ||
      record.other_bytes > layout::kFileNameBytes ||
      record.bytes != layout::record_bytes(record.name_bytes, record.other_bytes)) {
    return broken("an event of impossible length");
  }
  entry.event = decode(record);
  if (!known(entry.event.op) || !known(entry.event.phase) || !known(entry.event.file) ||
      (entry.event.op == Op::file) != (entry.event.file != FileOp::none)) {
    return broken("an event of no known kind");
  }
  if (is_program() && entry.event.op != Op::file) {
    return broken("an event that no contender program records");
  }
  if (entry.event.at_ns < newest_ns_) return broken("an event before the one that it follows");
  newest_ns_ = entry.event.at_ns;
  entry.name = {at + sizeof record, record.name_bytes};
  entry.other = {at + sizeof record + record.name_bytes, record.other_bytes};
  offset_ += record.bytes;
  return true;
}

}  // namespace holdfast::harness
