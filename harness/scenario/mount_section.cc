#include <cerrno>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/scenario/json_text.h"
#include "harness/scenario/sections.h"

namespace holdfast::harness {
namespace {

using Kind = MountFault::Kind;

constexpr std::uint64_t kMost = 1'000'000'000;
constexpr Nanoseconds kLeastInterval = std::chrono::milliseconds(1);
constexpr Nanoseconds kMostTick = std::chrono::seconds(2);
constexpr Nanoseconds kMostOffset = std::chrono::hours(24 * 3650);

const std::map<std::string, int>& errors() {
  static const std::map<std::string, int> known = {
      {"EIO", EIO},       {"ESTALE", ESTALE}, {"ETIMEDOUT", ETIMEDOUT}, {"ENOSPC", ENOSPC},
      {"EDQUOT", EDQUOT}, {"EACCES", EACCES}, {"ENOENT", ENOENT},       {"EEXIST", EEXIST}};
  return known;
}

template <class T>
std::optional<T> one_of(const Node& node, const char* what, const std::vector<std::string>& words) {
  const auto word = read_word(node, what, words);
  if (!word) return std::nullopt;
  return static_cast<T>(*word);
}

std::optional<std::string> known_word(const Node& node, const char* what,
                                      const std::vector<std::string>& words) {
  const auto word = read_word(node, what, words);
  return word ? std::optional(words[*word]) : std::nullopt;
}

std::optional<Nanoseconds> any_duration(const Node& node) { return read_duration(node); }
std::optional<std::uint64_t> positive(const Node& node) { return read_count(node, {1, kMost}); }

std::optional<Nanoseconds> shift(const Node& node) {
  const auto value = read_duration(node, -kMostOffset);
  if (!value || *value <= kMostOffset) return value;
  node.wrong("at most ten years");
  return std::nullopt;
}

std::optional<std::vector<std::string>> read_operations(const Node& node) {
  std::vector<std::string> read;
  if (node.value->is_string()) {
    const auto word = known_word(node, "operation", mount_operations());
    if (word) read.push_back(*word);
    return read;
  }
  for (const Node& element : read_list(node, R"("rename", or a list: ["link", "rename"])")) {
    const auto word = known_word(element, "operation", mount_operations());
    if (word) read.push_back(*word);
  }
  return read;
}

std::optional<Trust> read_trust(const Node& node) {
  constexpr const char* kAllowed = R"(two durations, least and most: ["3s", "60s"])";
  const auto ends = read_list(node, kAllowed);
  if (ends.size() != 2) {
    node.wrong(kAllowed);
    return std::nullopt;
  }
  const auto least = read_duration(ends[0]), most = read_duration(ends[1]);
  if (!least || !most) return std::nullopt;
  if (*least > *most) {
    node.wrong(kAllowed);
    return std::nullopt;
  }
  return Trust{*least, *most};
}

void need_length(ObjectReader& object, MountFault& to) {
  if (!object.find("for")) {
    object.node().complain(R"(says not how long: give "for": "2s" or a distribution)");
  }
  object.get("for", to.length, read_distribution);
}

/// Which requests, and which of those.
void read_selection(ObjectReader& object, MountFault& to) {
  object.get("path", to.path, read_text);
  object.get("operation", to.operations, read_operations);
  object.get("probability", to.probability, [](const Node& node) {
    return read_number(node, {0, 1});
  });
  object.get("nth", to.nth, positive);
  object.get("times", to.times, positive);
  object.get("from", to.from, any_duration);
  object.get("until", to.until, any_duration);
  if (to.until && *to.until <= to.from) {
    object.node().complain(R"(ends before it begins: "until" must come after "from")");
  }
}

void read_times(ObjectReader& object, MountFault& to) {
  object.get("at", to.at, any_duration);
  object.get("every", to.every,
             [](const Node& node) { return read_duration(node, kLeastInterval); });
  const Node& node = object.node();
  if (to.every) {
    if (!node.value->contains("at")) to.at = *to.every;
    object.get("jitter", to.jitter, [](const Node& at) { return read_number(at, {0, 1}); });
    object.get("times", to.times, positive);
    return;
  }
  to.times = 1;
  for (const char* key : {"jitter", "times"}) {
    if (object.find(key)) node.complain("\"" + std::string(key) + "\" needs \"every\"");
  }
}

void read_error(ObjectReader& object, MountFault& to) {
  std::vector<std::string> names;
  for (const auto& [name, number] : errors()) names.push_back(name);
  if (!object.find("error")) object.node().complain(R"(says not which: give "error": "EIO")");
  object.get("error", to.error, [&](const Node& node) { return known_word(node, "error", names); });
  object.get("applied", to.applied, [](const Node& node) {
    return one_of<MountFault::Applied>(node, "word", {"no", "yes", "later"});
  });
  if (to.applied == MountFault::Applied::later) need_length(object, to);
}

void read_clock(ObjectReader& object, MountFault& to) {
  object.get("offset", to.offset, shift);
  object.get("step", to.step, shift);
  if (to.offset.has_value() == to.step.has_value()) {
    object.node().complain(R"(says not what: give one of "offset": "1h" and "step": "-2s")");
  }
}

void read_direction(ObjectReader& object, MountFault& to) {
  const auto node = object.find("direction");
  if (!node) return;
  const auto word = read_word(*node, "direction", {"both", "requests", "replies"});
  if (!word) return;
  to.requests = *word != 2;
  to.replies = *word != 1;
}

void read_what(ObjectReader& object, MountFault& to) {
  switch (to.kind) {
    case Kind::hang: to.for_ever = !object.find("for"); [[fallthrough]];
    case Kind::lost_reply: object.get("for", to.length, read_distribution); break;
    case Kind::duplicate:
    case Kind::delay:
    case Kind::server_pause: need_length(object, to); break;
    case Kind::reorder:
      to.length.low = std::chrono::seconds(1);
      object.get("by", to.overtaken_by, positive);
      object.get("for", to.length, read_distribution);
      break;
    case Kind::error: read_error(object, to); break;
    case Kind::partition:
      need_length(object, to);
      read_direction(object, to);
      break;
    case Kind::server_crash:
      need_length(object, to);
      object.get("forget", to.forget, [](const Node& node) {
        return read_count(node, {0, kMost});
      });
      break;
    case Kind::server_clock: read_clock(object, to); break;
  }
}

std::optional<MountFault> read_mount_fault(const Node& node,
                                           const std::vector<std::string>& hosts) {
  ObjectReader object(node, R"(a fault, such as {"fault": "lost_reply", "operation": "link"})");
  MountFault to;
  const auto kind = object.find("fault");
  if (!kind) {
    object.node().complain(R"(says not which: give "fault": "lost_reply")");
    return std::nullopt;
  }
  const auto word = one_of<Kind>(*kind, "fault", mount_fault_kinds());
  if (!word) return std::nullopt;
  to.kind = *word;
  const bool servers_own = to.kind > Kind::partition;
  if (!servers_own) {
    std::vector<std::string> names = {"any"};
    if (to.kind == Kind::partition) names.emplace_back("holder");
    names.insert(names.end(), hosts.begin(), hosts.end());
    object.get("host", to.host, [&](const Node& at) { return known_word(at, "host", names); });
  }
  read_what(object, to);
  if (to.lasts()) {
    read_times(object, to);
  } else {
    read_selection(object, to);
  }
  object.finish();
  return to;
}

/// Reads a text of its own with `read`.
template <class T, class Read>
Result<T> parse_alone(const std::string& text, const std::string& file, Read read) {
  const auto root = parse_json(text, file);
  if (!root) return tl::unexpected(root.error());
  Complaints complaints(file);
  T to;
  read(Node{&*root, "", &complaints}, to);
  if (!complaints.none()) return tl::unexpected(complaints.as_problem());
  return to;
}

}  // namespace

const std::vector<MountProfile>& mount_profiles() {
  static const std::vector<MountProfile> known = {
      {"local", "no cache, nothing lies: one file system that all hosts see alike"},
      {"nfs3-default", "NFS version 3, caches as mounted by default (3-60 s, 30-60 s)"},
      {"nfs4.2-default", "the same caches; a directory's change is counted, not timed"},
      {"nfs-noac", "NFS version 3 mounted with noac and lookupcache=none"},
      {"nfs-async", "NFS version 3, and a server that can forget what it acknowledged"},
      {"smb-like", "1 s caches, link counts always 1, names of any case are the same"},
      {"sshfs-like", "20 s caches, times in seconds, an inode number for each name"}};
  return known;
}

const std::vector<std::string>& mount_fault_kinds() {
  static const std::vector<std::string> known = {
      "lost_reply", "duplicate", "delay",        "reorder",      "error",
      "hang",       "partition", "server_pause", "server_crash", "server_clock"};
  return known;
}

const std::vector<std::string>& mount_operations() {
  static const std::vector<std::string> known = {
      "lookup", "stat",   "utime", "readlink", "open_read", "open_create",
      "read",   "write",  "mkdir", "mknod",    "symlink",   "unlink",
      "rmdir",  "rename", "link",  "list",     "sync",      "statfs"};
  return known;
}

int mount_error(const std::string& name) {
  const auto at = errors().find(name);
  return at == errors().end() ? 0 : at->second;
}

void read_mount(const Node& node, const std::vector<std::string>& hosts, MountSpec& to) {
  ObjectReader object(node, R"(an object, such as {"emulate": "nfs3-default"})");
  std::vector<std::string> names;
  for (const MountProfile& profile : mount_profiles()) names.push_back(profile.name);
  object.get("emulate", to.emulate,
             [&](const Node& at) { return known_word(at, "profile", names); });
  object.get("file_times", to.files, read_trust);
  object.get("directory_times", to.directories, read_trust);
  object.get("tick", to.tick,
             [](const Node& at) { return read_duration_between(at, Nanoseconds{1}, kMostTick); });
  object.get("hard_links", to.links, [](const Node& at) {
    return one_of<Links>(at, "word", {"counted", "shown_as_one", "refused"});
  });
  object.get("inodes", to.inodes, [](const Node& at) {
    return one_of<Inodes>(at, "word", {"of_the_file", "of_the_name"});
  });
  object.get("renames", to.renames, [](const Node& at) {
    return one_of<Renames>(at, "word", {"of_the_name", "of_the_file"});
  });
  object.get("any_case", to.any_case, read_bool);
  object.get("root_squash", to.root_squash, read_bool);
  object.get("soft", to.soft, [](const Node& at) { return read_duration(at, kLeastInterval); });
  if (const auto faults = object.find("faults")) {
    for (const Node& element : read_list(*faults, "a list of faults")) {
      if (const auto fault = read_mount_fault(element, hosts)) to.faults.push_back(*fault);
    }
  }
  object.finish();
  for (const MountFault& fault : to.faults) {
    if (never_forgets(fault, to.emulate)) {
      node.complain(R"(found "forget" with "emulate": ")" + to.emulate +
                    R"(", allowed is it with "nfs-async": only such a server forgets)");
    }
  }
}

bool never_forgets(const MountFault& fault, const std::string& emulate) {
  return fault.forget > 0 && emulate != "nfs-async";
}

Result<MountSpec> parse_mount(const std::string& text, const std::string& file,
                              const std::vector<std::string>& hosts) {
  return parse_alone<MountSpec>(
      text, file, [&](const Node& node, MountSpec& to) { read_mount(node, hosts, to); });
}

Result<MountFault> parse_mount_fault(const std::string& text, const std::string& file,
                                     const std::vector<std::string>& hosts) {
  return parse_alone<MountFault>(text, file, [&](const Node& node, MountFault& to) {
    if (const auto fault = read_mount_fault(node, hosts)) to = *fault;
  });
}

}  // namespace holdfast::harness
