// What a server carried out and no call was told of, as the log of an emulated mount has it.
//
// A call has one answer, and the record of file operations has that. But a request whose reply was
// lost is sent again, and may be carried out twice; the network repeats one; one whose program was
// told that it failed, or was killed, may have been carried out all the same, then or later. What
// comes of those happens to a lock though nobody is recorded to have done it.
//
// The server carries out one request after the other, and logs each before the next one. So what
// has a call's answer before such an instant came first, and what began after it came later.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/history/history.h"

namespace holdfast::harness {

struct Unheard {
  const Fault* fault = nullptr;  ///< of the history, which must outlive it
  std::int64_t at_ns = 0;        ///< by then it had been carried out, with success
  /// The file operation that sent it, an event; nullptr: it is not recorded.
  const Event* call = nullptr;
  FileOp file = FileOp::none;  ///< none: of a kind that is not recorded, such as write
  std::string name;            ///< "claim//lock": it is not known which of them
  std::string other;           ///< the second one of rename and link

  /// Whether its program had been told that it was done: then this is the second time.
  bool repeated() const { return call == nullptr || call->phase == Phase::ok; }
};

/// In the order in which they were carried out.
std::vector<Unheard> unheard_requests(const History& history);

}  // namespace holdfast::harness
