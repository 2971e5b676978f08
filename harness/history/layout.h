// How events lie in a history file, for whoever writes or reads one.
//
// Fault model: the writer can be killed between any two instructions. A file is one header page and
// then records, each a multiple of 8 bytes. What counts is the first `committed` bytes after the
// header; a writer stores that word last, with release order, when the record's bytes are all
// there. So a reader sees whole records only, none missing in between. What stands behind them is
// scrap.
//
// This header needs no runtime library, so that a preloaded library can write such a file in the
// middle of a foreign process. To write one:
//   1. make PATH.new (O_CREAT | O_EXCL | O_CLOEXEC), allocate the header page and some room with
//      posix_fallocate, map it shared, fill in a Header, and only then rename it to PATH: a file
//      whose name ends in ".events" always has a whole header;
//   2. for each event: make sure that the room is allocated *before* it is touched (a full disk
//      must be an error and not a SIGBUS: then count `dropped` for this and every later event and
//      write no more, so that what is there has no gaps); write Record, first name, second name,
//      padding; store `committed`;
//   3. instants are CLOCK_MONOTONIC_RAW by a system call of one's own, read under the same lock
//      that orders the records: within one file at_ns never goes backwards.
//
// The preloaded recorder of a contender program writes a file of its own, one for each process that
// it finds itself in, named `<worker>.program.<pid>.events` in the folder of the worker's file,
// with kind = kProgram and `worker` exactly as in the worker's header: that field, not the file's
// name, joins the two. It records Op::file only, each event after its call has returned. Names are
// relative to the lock's directory; names outside of it are left as they are.
#pragma once

#include <cstdint>

namespace holdfast::harness::layout {

inline constexpr char kMagic[8] = {'H', 'F', 'E', 'V', 'E', 'N', 'T', 'S'};
inline constexpr std::uint32_t kVersion = 2;
/// The oldest that can still be read: it has no enter and no leave.
inline constexpr std::uint32_t kOldestVersion = 1;
inline constexpr std::uint32_t kHeaderBytes = 4096;
inline constexpr std::uint32_t kNameBytes = 128;       ///< of worker and host, NUL included
inline constexpr std::uint32_t kFileNameBytes = 4096;  ///< longer names of files are cut to this

/// Header::committed of a file whose records are appended with write(2), one call each, and not
/// mapped: all whole records up to the file's end count. For hosts whose power can be cut: what
/// such a call was given is on the shared folder's machine when it returns, what is mapped is lost.
inline constexpr std::uint64_t kToTheEnd = ~std::uint64_t{0};

enum Kind : std::uint32_t { kWorker = 1, kProgram = 2 };

/// The first page of a file. Bytes after the last member are zero.
struct Header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t header_bytes;
  std::uint32_t kind;
  std::uint32_t slot;           ///< which place in the scenario; 0 for a program
  std::int64_t pid;             ///< of the process that writes this file
  std::int64_t created_ns;      ///< when the header was written
  char worker[kNameBytes];      ///< "h1.w3'2", closed by NUL
  char host[kNameBytes];        ///< closed by NUL; empty for a program
  std::uint64_t records_files;  ///< 1: the lock's file operations are in this file; a program's: 1
  std::uint64_t padding[2];     ///< the words below stand on a cache line of their own

  std::uint64_t committed;  ///< bytes of records that count; stored last, with release order
  std::uint64_t events;     ///< how many records that is, give or take the newest
  std::uint64_t dropped;    ///< events that no room could be had for
  // What the nemesis reads while the worker runs; zero in a program's file. `sequence` is odd while
  // the worker is inside a hold and is one word, so a kill at any instant leaves it true.
  std::uint64_t sequence;
  std::uint64_t lock;
  std::int64_t since_ns;
  std::uint64_t grants;
  std::uint64_t more_padding;
};
static_assert(sizeof(Header) == 384);
static_assert(sizeof(Header) <= kHeaderBytes);

/// One event; the two names follow it without NUL, then zeros up to a multiple of 8 bytes. The
/// members are those of Event (event.h).
struct Record {
  std::uint32_t bytes;  ///< of the whole record
  std::uint16_t name_bytes;
  std::uint16_t other_bytes;
  std::int64_t at_ns;
  std::int64_t began_ns;
  std::int64_t until_ns;
  std::uint64_t token;
  std::uint64_t value;
  std::int32_t code;
  std::uint16_t lock;
  std::uint8_t op;
  std::uint8_t phase;
  std::uint8_t file;
  std::uint8_t padding[7];
};
static_assert(sizeof(Record) == 64);

/// The size of a record with names of these lengths.
constexpr std::uint32_t record_bytes(std::uint32_t name_bytes, std::uint32_t other_bytes) {
  return (static_cast<std::uint32_t>(sizeof(Record)) + name_bytes + other_bytes + 7U) & ~7U;
}

}  // namespace holdfast::harness::layout
