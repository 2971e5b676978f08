// Who has a lock unawares, each entry once.
//
// Whoever has it is refused it by his own entry, again and again: one entry is one finding, which
// says how often. And where the log of an emulated mount knows it, by which call that entry was
// made.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/checker/evidence.h"
#include "harness/checker/trail.h"

namespace holdfast::harness {

/// Whether the lock, asked for its state, said that it is the asking worker's.
bool says_mine(const Event& event);

class Makings;

class Ghosts {
 public:
  Ghosts(const Evidence& evidence, const Trail& trail);
  ~Ghosts();

  /// An attempt that failed, and the event that shows that its worker has the lock all the same;
  /// in words, to follow "and yet".
  void add(const Attempt& attempt, std::uint32_t witness, const std::string& says);
  /// A rename that was reported as failed and was carried out later: it makes a state of its own.
  void add_applied(const Attempt& attempt, std::uint32_t rename);

  void tell(CheckResult& result);

 private:
  struct Ghost {
    Finding finding;
    std::uint32_t witness = kNone;  ///< the newest
    std::uint64_t refusals = 0;     ///< later attempts of the same worker that failed by it
  };
  bool changed(const Attempt& attempt, std::uint32_t from, std::uint32_t to);
  const std::vector<std::uint32_t>& changes_of(std::uint16_t lock);

  const Evidence& evidence_;
  const Trail& trail_;
  std::unique_ptr<Makings> makings_;
  std::vector<Ghost> ghosts_;
  std::map<std::pair<std::uint32_t, std::uint16_t>, std::size_t> newest_;  ///< by worker and lock
  std::map<std::uint32_t, std::size_t> by_making_;
  std::map<std::uint16_t, std::vector<std::uint32_t>> changes_;
};

}  // namespace holdfast::harness
