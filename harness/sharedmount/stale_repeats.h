// What the kernel asks once more because it was told ESTALE.
//
// Linux repeats an operation by path after ESTALE, with every name looked up anew (retry_estale),
// and an NFS client that knows a handle to be stale asks its server no more, whatever is between
// them. So an injected ESTALE is told of the repeat, too, as one fault. What may have come of the
// change meanwhile is not shown to the repeat: else the kernel would see from the names that there
// is nothing left to ask.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "harness/sharedmount/request.h"
#include "harness/sharedmount/store.h"

namespace holdfast::harness::mount {

class StaleRepeats {
 public:
  /// `store` must outlive it.
  explicit StaleRepeats(Store& store) : store_(store) {}

  /// Who made `request` was told ESTALE. `source`: what its first name led to before it; none if
  /// to nothing that is known.
  void remember(const Request& request, NodePtr source, Instant now);
  /// What the repeat, or a lookup that the kernel makes for it, is answered; none: it is neither.
  std::optional<Reply> answer(const Request& request, Instant now);

 private:
  using Asker = std::pair<std::uint32_t, pid_t>;  ///< host and thread
  struct Refused {
    Request request;
    NodePtr source;
    Instant until;
    bool looked_up = false;  ///< so it is asked for by path, and the repeat may come
    int lookups = 0;         ///< that were answered for it
  };
  static Asker asker(const Request& request) { return {request.host, request.caller.thread}; }
  std::optional<Reply> look_up(Refused& first, const Request& lookup) const;

  Store& store_;
  std::map<Asker, Refused> refused_;
};

}  // namespace holdfast::harness::mount
