// Where a table of many runs comes from: what a reader needs to know a year later.
#pragma once

#include <string>

namespace holdfast::harness {

struct TableOrigin {
  std::string version;  ///< of this program, and its commit
  std::string date;     ///< "2026-11-23", in UTC
  std::string machine;  ///< "2 processors, Linux 6.1.0-18-amd64"
};

/// This program, this machine, today.
TableOrigin origin_here();

}  // namespace holdfast::harness
