#include "harness/sim/fence_record.h"

#include <algorithm>
#include <charconv>

namespace holdfast::harness::sim {
namespace {

std::string spoken(Token token, std::uint64_t version) {
  return std::to_string(token) + "." + std::to_string(version);
}

/// The name of the one value in the fence; empty: none.
std::string_view value_in(const Node& fence) {
  for (const Entry& entry : fence.entries) {
    if (entry.name.starts_with("value,")) return entry.name;
  }
  return {};
}

}  // namespace

Verdict FenceRecord::applied(const Server& server) {
  const Inode share = server.look_up(Server::kRoot, "share");
  const Node* const fence = server.find(server.look_up(share, "fence"));
  if (fence == nullptr) return {};
  const std::string_view name = value_in(*fence);
  if (name.empty()) return {};
  Value value;
  // Read without the library's own codec, which is part of what is explored:
  // value,<token>,<version>,<blob_token>-<nonce> names blob,<blob_token>,<nonce>.
  const char* const end = name.data() + name.size();
  const char* at = std::from_chars(name.data() + 6, end, value.token).ptr;
  if (at < end) at = std::from_chars(at + 1, end, value.version).ptr;
  const std::string blob(at < end ? at + 1 : end, end);
  if (!blob.starts_with("0-")) {
    value.blob = "blob," + blob;
    std::replace(value.blob.begin(), value.blob.end(), '-', ',');
    const Node* const file =
        server.find(server.look_up(server.look_up(share, "fence.blobs"), value.blob));
    if (file == nullptr) {
      return Complaint{"lost_update", "left the fence at " + spoken(value.token, value.version) +
                                          " without the contents that it names"};
    }
    value.data = file->contents;
  }
  if (name == name_) return {};
  name_ = name;
  Verdict verdict = change(value);
  values_.push_back(std::move(value));
  return verdict;
}

Verdict FenceRecord::change(const Value& to) {
  if (values_.empty()) return {};
  const Value& from = values_.back();
  const std::string words = "made the fence " + spoken(to.token, to.version) + " after it was " +
                            spoken(from.token, from.version);
  const bool up = to.token > from.token || (to.token == from.token && to.version > from.version);
  if (!up) return Complaint{"unfenced_late_write", words};
  if (to.version == 0) {
    if (to.blob == from.blob) return {};
    return Complaint{"lost_update", words + ", with other contents, by raising it"};
  }
  if (to.token != from.token) return Complaint{"unfenced_late_write", words + ", unraised"};
  const bool named_before = std::any_of(values_.begin(), values_.end(),
                                        [&](const Value& one) { return one.blob == to.blob; });
  if (named_before) return Complaint{"unfenced_late_write", words + ", with contents of before"};
  if (std::find(refused_.begin(), refused_.end(), to.data) != refused_.end()) {
    return Complaint{"api_contract", words + ", by what had been reported as refused"};
  }
  return {};
}

Verdict FenceRecord::raised(Token token, std::error_code error) {
  const Token highest = values_.empty() ? 0 : values_.back().token;
  if (!error && highest < token) {
    return Complaint{"api_contract", "was told that the fence is raised to " +
                                         std::to_string(token) + ", which is at " +
                                         std::to_string(highest)};
  }
  if (error == Errc::stale_token && highest <= token) {
    return Complaint{"api_contract", "was told that its token " + std::to_string(token) +
                                         " is stale, with the fence at " + std::to_string(highest)};
  }
  return {};
}

bool FenceRecord::was_published(const std::string& data) const {
  return std::any_of(values_.begin(), values_.end(),
                     [&](const Value& one) { return !one.blob.empty() && one.data == data; });
}

Verdict FenceRecord::published(const std::string& data, std::error_code error) {
  if (!error) {
    if (was_published(data)) return {};
    return Complaint{"lost_update", "was told that its write is done, and it is not"};
  }
  if (error == Errc::outcome_unknown) return {};
  if (was_published(data)) {
    return Complaint{"api_contract",
                     "was told that its write failed (" + error.message() + "), and it was done"};
  }
  refused_.push_back(data);
  return {};
}

Verdict FenceRecord::was_read(Token least, const Fence::Contents& contents) {
  const auto shown = std::find_if(values_.begin(), values_.end(), [&](const Value& one) {
    return one.token == contents.token && one.version == contents.version &&
           one.blob.empty() != contents.published && one.data == contents.data;
  });
  const bool missing = contents.token == 0 && !contents.published;  // no fence yet, or an old look
  if (shown == values_.end() && !missing) {
    return Complaint{"false_read", "read " + spoken(contents.token, contents.version) +
                                       " in the fence, with contents that it never had"};
  }
  if (contents.token >= least) return {};
  return Complaint{"false_read", "read " + spoken(contents.token, contents.version) +
                                     " after it had raised the fence to " + std::to_string(least)};
}

}  // namespace holdfast::harness::sim
