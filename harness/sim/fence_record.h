// What has become of a fenced resource, by the server's own files, and whether what its users were
// told of it is true.
//
//   unfenced_late_write  the resource took a write of a holder that a higher token has shut out
//   lost_update          contents that are current, or were reported as published, are not there
//   false_read           a reader was shown what never was current, or what it knew to be over
//   api_contract         another untrue answer
#pragma once

#include <holdfast/fence.h>

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "harness/sim/server.h"

namespace holdfast::harness::sim {

/// What is wrong, to be told of a process: "p1 " + words.
struct Complaint {
  const char* checker;
  std::string words;
};
using Verdict = std::optional<Complaint>;

class FenceRecord {
 public:
  void reset() { *this = {}; }

  /// Names have changed on the server, by a request of somebody's.
  Verdict applied(const Server& server);
  /// What the server has forgotten begins anew.
  void forget() { reset(); }

  // What a user was told, after a call.
  Verdict raised(Token token, std::error_code error);
  Verdict published(const std::string& data, std::error_code error);
  /// `least`: the token that the reader has raised it to.
  Verdict was_read(Token least, const Fence::Contents& contents);

 private:
  struct Value {
    Token token = 0;
    std::uint64_t version = 0;
    std::string blob;  // its file's name; empty: none
    std::string data;
  };
  Verdict change(const Value& to);
  bool was_published(const std::string& data) const;

  std::string name_;                  // of the newest value
  std::vector<Value> values_;         // all that it was, the newest last
  std::vector<std::string> refused_;  // contents that were reported as surely not published
};

}  // namespace holdfast::harness::sim
