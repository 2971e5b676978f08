#include "harness/workload/resource.h"

#include "harness/workload/counter.h"
#include "harness/workload/fenced.h"
#include "harness/workload/planted_fence.h"

namespace holdfast::harness {

std::string fence_path(const std::string& path) { return path + ".fence"; }

Result<std::unique_ptr<ProtectedResource>> make_resource(const Work& work, const Traits& traits,
                                                         const std::string& path,
                                                         const os::System& system,
                                                         Journal journal) {
  switch (work.resource) {
    case Resource::none: return nullptr;
    case Resource::counter: return std::make_unique<Counter>(counter_path(path), journal);
    case Resource::fenced: break;
  }
  if (!traits.tokens) {
    return problem("/work/resource", "a fenced resource needs a lock with fencing tokens, and \"" +
                                         traits.name + "\" has none: use \"counter\"");
  }
  if (work.planted_fence.empty()) {
    return std::make_unique<Fenced>(fence_path(path), system, journal);
  }
  if (work.planted_fence == "backwards") {
    return std::make_unique<BackwardsFence>(fence_path(path), system, journal);
  }
  return problem("/work/planted_fence",
                 "found \"" + work.planted_fence + "\", allowed is \"backwards\"");
}

}  // namespace holdfast::harness
