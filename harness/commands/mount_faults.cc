#include "harness/commands/mount_faults.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <utility>

#include "harness/history/recorder.h"
#include "harness/history/store.h"

namespace holdfast::harness {

Fault to_fault(const mount::Hit& hit, std::uint32_t host, std::int64_t now_ns) {
  Fault fault;
  fault.id = hit.fault;
  fault.kind = mount::kind_of(hit);
  fault.sorts = hit.sorts;
  fault.target = hit.host.empty() ? "server" : hit.host;
  fault.host = host;
  fault.end_ns = now_ns - hit.ago.count();
  fault.start_ns = fault.end_ns - hit.lasted.count();
  fault.effective = hit.why_not.empty();
  fault.why_not = hit.why_not;
  fault.at_operation = hit.what;
  fault.planned_offset_ns = hit.offset.count();
  fault.measured_offset_ns = hit.measured_offset.count();
  return fault;
}

mount::HitLog log_into(const std::string& folder, std::vector<std::string> hosts,
                       std::uint32_t first_id) {
  return [folder, hosts = std::move(hosts), next_id = std::make_shared<std::uint32_t>(first_id),
          told = std::make_shared<bool>(false)](const mount::Hit& hit) {
    const auto at = std::find(hosts.begin(), hosts.end(), hit.host);
    const std::uint32_t host =
        at == hosts.end() ? kNobody : static_cast<std::uint32_t>(at - hosts.begin());
    Fault fault = to_fault(hit, host, recorder_now_ns());
    if (*next_id != 0) fault.id = (*next_id)++;
    const auto appended = append_fault(folder, fault);
    if (appended || std::exchange(*told, true)) return;
    // The faults go on; a full disk should not stop what is being served from it.
    std::cerr << "holdfast mount: a fault is not logged: " << appended.error().text() << "\n";
  };
}

}  // namespace holdfast::harness
