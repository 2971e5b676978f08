#include "harness/lab/cuts.h"

#include <nlohmann/json.hpp>

#include "harness/lab/run_program.h"

namespace holdfast::harness::lab {
namespace {

using nlohmann::json;

/// Devices are put into sets, whose members count what they stop. Who is `armed` gets into `to` by
/// what it asks for: CREATE, MKDIR, REMOVE, RMDIR, RENAME or LINK of NFS 3, as far as it stands at
/// the begin of a TCP segment, behind a header with time stamps, as a Linux client sends it.
constexpr const char* kRules = R"(
table bridge holdfast {
  set from { type ifname; counter; }
  set to { type ifname; flags dynamic; counter; }
  set nfs { type ifname; counter; }
  set armed { type ifname; counter; }
  chain cut {
    type filter hook forward priority 0; policy accept;
    iifname @from drop
    oifname @to drop
    iifname @nfs tcp dport 2049 drop
    oifname @nfs tcp sport 2049 drop
    iifname @armed tcp dport 2049 tcp doff 8 @th,384,32 100003 @th,416,32 3 \
      @th,448,32 { 8, 9, 12, 13, 14, 15 } add @to { iifname }
  }
}
)";

std::string element(const std::string& verb, const std::string& set, const Guest& guest) {
  return verb + " element bridge holdfast " + set + " { \"" + guest.nfs_tap + "\" }\n";
}

/// What the guest's device has stopped as a member of this set; none: it is no member.
std::optional<std::uint64_t> stopped(const std::string& set, const Guest& guest) {
  const auto said = run_program({"nft", "-j", "list", "set", "bridge", "holdfast", set});
  if (!said) return std::nullopt;
  const json read = json::parse(*said, nullptr, false);
  if (read.is_discarded()) return std::nullopt;
  for (const json& part : read.value("nftables", json::array())) {
    for (const json& member : part.value("set", json::object()).value("elem", json::array())) {
      const json inner = member.is_object() ? member.value("elem", json::object()) : json::object();
      if (inner.value("val", "") != guest.nfs_tap) continue;
      return inner.value("counter", json::object()).value("packets", std::uint64_t{0});
    }
  }
  return std::nullopt;
}

}  // namespace

Result<void> make_cuts() {
  const auto done = run_program({"nft", "-f", "-"}, kRules);
  if (!done) return tl::unexpected(done.error());
  return {};
}

Result<void> cut(const Guest& guest, const std::string& kind) {
  std::string script;
  if (kind == "both" || kind == "requests") script += element("add", "from", guest);
  if (kind == "both" || kind == "replies") script += element("add", "to", guest);
  if (kind == "replies_to_a_change") script += element("add", "armed", guest);
  if (kind == "nfs") script += element("add", "nfs", guest);
  if (script.empty()) return problem(guest.name, "nothing of it is called \"" + kind + "\"");
  const auto done = run_program({"nft", "-f", "-"}, script);
  if (!done) return tl::unexpected(done.error());
  return {};
}

std::uint64_t dropped(const Guest& guest) {
  std::uint64_t count = 0;
  for (const char* set : {"from", "to", "nfs"}) count += stopped(set, guest).value_or(0);
  return count;
}

Result<std::uint64_t> heal(const Guest& guest) {
  // Before it is looked at what else it is a member of: it may get into that until then.
  if (stopped("armed", guest)) {
    const auto done = run_program({"nft", "-f", "-"}, element("delete", "armed", guest));
    if (!done) return tl::unexpected(done.error());
  }
  std::uint64_t dropped = 0;
  std::string script;
  for (const char* set : {"from", "to", "nfs"}) {
    const auto count = stopped(set, guest);
    if (!count) continue;
    dropped += *count;
    script += element("delete", set, guest);
  }
  if (script.empty()) return dropped;
  const auto done = run_program({"nft", "-f", "-"}, script);
  if (!done) return tl::unexpected(done.error());
  return dropped;
}

}  // namespace holdfast::harness::lab
