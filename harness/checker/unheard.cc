#include "harness/checker/unheard.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <string_view>
#include <tuple>

#include "harness/history/logged_request.h"

namespace holdfast::harness {
namespace {

constexpr std::string_view kDone = LoggedRequest::kDone;

/// What came of it the first time, and of what followed after `word`; empty: there is no such.
std::array<std::string_view, 2> both(std::string_view became, std::string_view word) {
  const std::size_t at = became.find(word);
  if (at == became.npos) return {};
  return {became.substr(0, at), became.substr(at + word.size())};
}

/// Whose call may have sent it, the likelier first: an open that empties its file sets the size of
/// it.
std::vector<FileOp> senders_of(FileOp file) {
  if (file == FileOp::utime) return {FileOp::utime, FileOp::open_create};
  return {file};
}

/// Recorded calls, by what they asked for.
class Calls {
 public:
  explicit Calls(const History& history) {
    for (const Fault& fault : history.faults) {
      const LoggedRequest entry = read_logged_request(fault.at_operation);
      if (fault.effective && fault.host != kNobody && entry.file != FileOp::none) {
        for (const FileOp file : senders_of(entry.file)) {
          for (const std::string& name : entry.names) {
            by_words_[{fault.host, file, name, entry.other}];
          }
        }
      }
    }
    if (by_words_.empty()) return;
    for (const Event& event : history.events) {
      if (event.op != Op::file) continue;
      const auto found =
          by_words_.find({history.workers[event.worker].host, event.file, history.names[event.name],
                          has_two_names(event.file) ? history.names[event.other] : ""});
      if (found != by_words_.end()) found->second.push_back(&event);
    }
  }

  /// Who sent this at that instant, and was told that it was done, or was not; if there is nobody
  /// of whom both are true, who sent it. Of a request that may have been made by several names:
  /// nobody, if more than one such call fits equally well.
  const Event* find(const Fault& fault, const LoggedRequest& entry, bool told_done) const {
    for (const FileOp file : senders_of(entry.file)) {
      const Sender best = best_of(fault, entry, file, told_done);
      if (best.call != nullptr) return best.is_one ? best.call : nullptr;
    }
    return nullptr;
  }

 private:
  using Words = std::tuple<std::uint32_t, FileOp, std::string, std::string>;
  struct Sender {
    const Event* call = nullptr;
    bool fits = false;   ///< also what it was told
    bool is_one = true;  ///< no other fits as well
  };

  /// By whichever of its names it was made.
  Sender best_of(const Fault& fault, const LoggedRequest& entry, FileOp file,
                 bool told_done) const {
    Sender best;
    for (const std::string& name : entry.names) {
      const Sender found = find(fault, {fault.host, file, name, entry.other}, told_done);
      if (found.call == nullptr) continue;
      // What was there already is not opened, and not emptied.
      if (file != entry.file && found.call->code == EEXIST) continue;
      if (best.call == nullptr || (found.fits && !best.fits)) {
        best = found;
      } else if (found.fits == best.fits && found.call != best.call) {
        best.is_one = false;
      }
    }
    return best;
  }

  Sender find(const Fault& fault, const Words& words, bool told_done) const {
    const auto found = by_words_.find(words);
    if (found == by_words_.end()) return {};
    Sender sender;
    for (const Event* const event : found->second) {
      // Whoever did not survive it is recorded at his end.
      if (event->began_ns > fault.start_ns) continue;
      if (event->at_ns < fault.start_ns && event->phase != Phase::invoke) continue;
      if ((event->phase == Phase::ok) == told_done) return {event, true};
      if (sender.call == nullptr) sender.call = event;
    }
    return sender;
  }

  std::map<Words, std::vector<const Event*>> by_words_;
};

class Reader {
 public:
  explicit Reader(const History& history) : calls_(history) {
    for (const Fault& fault : history.faults) {
      if (fault.effective) read_fault(fault);
    }
    std::ranges::stable_sort(found_, {}, &Unheard::at_ns);
  }

  std::vector<Unheard> take() { return std::move(found_); }

 private:
  void read_fault(const Fault& fault) {
    const LoggedRequest entry = read_logged_request(fault.at_operation);
    if (entry.became.empty()) return;
    if (fault.kind == "lost_reply") {
      lost_reply(fault, entry);
    } else if (fault.kind == "duplicate") {
      const auto [first, second] = both(entry.became, ", once more: ");
      if (second == kDone)
        add(fault, entry, fault.end_ns, calls_.find(fault, entry, first == kDone));
    } else if (fault.kind == "error") {
      const Event* const call = calls_.find(fault, entry, false);
      if (both(entry.became, ", carried out: ")[1] == kDone) {
        add(fault, entry, fault.start_ns, call);
      } else if (both(entry.became, ", carried out later: ")[1] == kDone) {
        add(fault, entry, fault.end_ns, call);
      }
    } else if (fault.kind == "late_arrival" || fault.kind == "delay" || fault.kind == "reorder") {
      late(fault, entry);
    }
  }

  void lost_reply(const Fault& fault, const LoggedRequest& entry) {
    const auto [first, second] = both(entry.became, ", then ");
    const Event* const call = calls_.find(fault, entry, second == kDone);
    const bool heard = call == nullptr || call->phase == Phase::ok;
    if (second != kDone) {
      if (first == kDone) add(fault, entry, fault.start_ns, call);
    } else if (first == kDone || !heard) {
      add(fault, entry, fault.end_ns, call);
    }
  }

  /// Nobody has heard of what came when its program had given up, or was dead.
  void late(const Fault& fault, const LoggedRequest& entry) {
    if (entry.became != kDone) return;
    const Event* const call = calls_.find(fault, entry, fault.kind != "late_arrival");
    if (call == nullptr || call->phase == Phase::ok) return;
    if (fault.kind != "late_arrival" && call->phase == Phase::fail) return;  // told of otherwise
    add(fault, entry, fault.end_ns, call);
  }

  /// Of a request that several faults hit each has its entry in the log.
  void add(const Fault& fault, const LoggedRequest& entry, std::int64_t at_ns, const Event* call) {
    constexpr std::int64_t kOneMomentNs = 1'000'000;
    if (call != nullptr) {
      const auto [known, is_new] = newest_.try_emplace(call, found_.size());
      if (!is_new) {
        Unheard& before = found_[known->second];
        const bool at_once = std::abs(before.at_ns - at_ns) <= kOneMomentNs;
        if (before.fault->kind != fault.kind && (at_once || call->phase == Phase::invoke)) {
          before.at_ns = std::max(before.at_ns, at_ns);
          return;
        }
        known->second = found_.size();
      }
    }
    found_.push_back({&fault, at_ns, call, entry.file, entry.name(), entry.other});
  }

  Calls calls_;
  std::vector<Unheard> found_;
  std::map<const Event*, std::size_t> newest_;  ///< of each call, in `found_`
};

}  // namespace

std::vector<Unheard> unheard_requests(const History& history) { return Reader(history).take(); }

}  // namespace holdfast::harness
