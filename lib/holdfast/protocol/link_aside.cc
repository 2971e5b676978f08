#include <holdfast/protocol/link_aside.h>
#include <holdfast/protocol/nonce.h>
#include <holdfast/protocol/outcome.h>

#include <chrono>
#include <string_view>
#include <utility>

namespace holdfast {
namespace {

constexpr Duration kPause = std::chrono::milliseconds(20);
constexpr std::string_view kInfix = ".aside.";

bool is_there(const std::error_code& error) { return error == std::errc::file_exists; }

}  // namespace

Aside::Aside(std::string lock_path, os::System system)
    : lock_path_(std::move(lock_path)), system_(system) {}

bool Aside::is_name(std::string_view base, std::string_view name) {
  if (!name.starts_with(base)) return false;
  name.remove_prefix(base.size());
  return name.starts_with(kInfix) && parse_nonce(name.substr(kInfix.size()));
}

Moved Aside::move(Duration patience) {
  path_ = lock_path_;
  path_ += kInfix;
  path_ += nonce_text(system_.host->random_bits());
  const std::error_code answer = system_.files->rename(lock_path_, path_);
  if (!answer) return Moved::yes;
  failure_ = {answer, "rename", lock_path_};
  return settle_move(answer, patience);
}

/// A resend of a rename that was applied ends in an error as well, and what this client has cached
/// of the private name may be wrong. To make something there is to ask the server itself.
Moved Aside::settle_move(std::error_code answer, Duration patience) {
  const Outcome outcome = outcome_of(answer);
  const os::Stamp start = system_.clock->now();
  for (;;) {
    const std::error_code made = system_.files->make_directory(path_, 0700);
    if (is_there(made)) return Moved::yes;
    if (!made && outcome == Outcome::unknown) return Moved::no;
    if (!made) system_.files->remove_directory(path_);  // the rename is over: nothing to fend off
    if (outcome == Outcome::absent) return Moved::no;
    if (outcome == Outcome::refused) {
      os::FileStatus status;
      const bool there = !system_.files->status(path_, os::Revalidate::forced, status) &&
                         status.type == os::FileType::regular;
      return there ? Moved::yes : Moved::refused;
    }
    if (os::least_elapsed(start, system_.clock->now()) >= patience) return Moved::unknown;
    system_.host->sleep(kPause, {});
  }
}

std::error_code Aside::put_back(Duration patience) {
  const os::Stamp start = system_.clock->now();
  for (;;) {
    const std::error_code answer = system_.files->link(path_, lock_path_);
    const Back back = answer ? look_whether_back() : Back::yes;
    if (back == Back::yes) {
      discard();
      return {};
    }
    failure_ = {answer, "link", lock_path_};
    if (is_there(answer) && back == Back::another) {
      discard();
      return answer;
    }
    // Whatever the system says: it may be somebody's hold, and have no other name.
    if (os::least_elapsed(start, system_.clock->now()) >= patience) return answer;
    system_.host->sleep(kPause, {});
  }
}

/// Whether both names are of one file, whatever was answered.
Aside::Back Aside::look_whether_back() {
  os::FileStatus lock;
  os::FileStatus aside;
  if (system_.files->status(lock_path_, os::Revalidate::forced, lock) ||
      system_.files->status(path_, os::Revalidate::forced, aside)) {
    return Back::unknown;
  }
  return lock.device == aside.device && lock.inode == aside.inode ? Back::yes : Back::another;
}

void Aside::discard() { system_.files->unlink(path_); }

}  // namespace holdfast
