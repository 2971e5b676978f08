// A number in a file, counted up by read, hold, write: nothing protects it but the lock.
//
// If two are inside at a time, both read the same number and one update is lost. Nothing is done
// about it here: that is its use. The file is opened for each step, as that is what makes NFS
// clients look and write for real.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/workload/resource.h"

namespace holdfast::harness {

class Counter final : public ProtectedResource {
 public:
  Counter(std::string path, Journal journal);
  Result<Entry> enter(std::uint64_t token) override;
  Result<void> leave(std::uint64_t token, bool lost) override;

 private:
  std::string path_;
  Journal journal_;
  std::uint64_t read_ = 0;
};

/// The file of the counter that the lock `path` protects.
std::string counter_path(const std::string& path);

/// What the counter says; 0 where there is none yet.
Result<std::uint64_t> read_counter(const std::string& path);

/// The sum over all locks of a run: what its counters say in the end.
Result<std::uint64_t> final_counter(const std::string& directory,
                                    const std::vector<std::string>& locks);

}  // namespace holdfast::harness
