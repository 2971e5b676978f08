#include <holdfast/os/testing/faulty_files.h>

#include <algorithm>
#include <cerrno>

namespace holdfast::os::testing {

std::vector<std::error_code> FaultyFiles::deliver_late() {
  std::vector<std::error_code> results;
  while (!late_.empty()) {
    const Apply apply = std::move(late_.front());
    late_.pop_front();
    results.push_back(apply());
  }
  return results;
}

std::size_t FaultyFiles::count(Operation operation) const {
  return static_cast<std::size_t>(std::count_if(
      calls_.begin(), calls_.end(), [&](const Call& call) { return call.operation == operation; }));
}

/// Counts down every fault that the call matches; takes the first that has come to its turn.
bool FaultyFiles::take_fault(const Call& call, Fault& taken) {
  const std::string& last = call.to.empty() ? call.from : call.to;
  bool found = false;
  for (auto fault = faults_.begin(); fault != faults_.end();) {
    const bool matches =
        fault->operation == call.operation && last.find(fault->to_contains) != std::string::npos;
    if (matches && fault->nth > 1)
      --fault->nth;
    else if (matches && !found) {
      taken = *fault;
      found = true;
      fault = faults_.erase(fault);
      continue;
    }
    ++fault;
  }
  return found;
}

std::error_code FaultyFiles::perform(Call call, const Apply& wanted, Apply apply_later) {
  static const Apply kDenied = [] { return std::error_code(EACCES, std::system_category()); };
  const bool denied = forbidden_.contains(call.operation);
  const Apply& apply = denied ? kDenied : wanted;
  if (denied) apply_later = kDenied;
  Fault fault;
  const bool faulty = take_fault(call, fault);
  if (faulty && fault.effect == Effect::crash_before) throw Crash{};
  if (before) before(call);
  const std::error_code injected(fault.error, std::system_category());
  if (!faulty) {
    call.error = apply();
  } else {
    switch (fault.effect) {
      case Effect::refused: call.error = injected; break;
      case Effect::late:
        late_.push_back(std::move(apply_later));
        call.error = injected;
        break;
      case Effect::repeated:
        late_.push_back(std::move(apply_later));
        call.error = apply();
        break;
      case Effect::reply_lost:
        static_cast<void>(apply());
        call.error = injected;
        break;
      case Effect::resent:
        static_cast<void>(apply());
        call.error = apply();
        break;
      case Effect::crash_before:
      case Effect::crash_after: call.error = apply(); break;
    }
  }
  calls_.push_back(call);
  if (faulty && fault.effect == Effect::crash_after) throw Crash{};
  if (after) after(call);
  return call.error;
}

std::error_code FaultyFiles::rename(const std::string& from, const std::string& to) {
  const auto apply = [this, from, to] { return real_.rename(from, to); };
  return perform({Operation::rename, from, to, {}}, apply, apply);
}

std::error_code FaultyFiles::link(const std::string& from, const std::string& to) {
  const auto apply = [this, from, to] { return real_.link(from, to); };
  return perform({Operation::link, from, to, {}}, apply, apply);
}

std::error_code FaultyFiles::unlink(const std::string& path) {
  const auto apply = [this, path] { return real_.unlink(path); };
  return perform({Operation::unlink, path, {}, {}}, apply, apply);
}

std::error_code FaultyFiles::make_directory(const std::string& path, std::uint32_t mode) {
  const auto apply = [this, path, mode] { return real_.make_directory(path, mode); };
  return perform({Operation::make_directory, path, {}, {}}, apply, apply);
}

std::error_code FaultyFiles::remove_directory(const std::string& path) {
  const auto apply = [this, path] { return real_.remove_directory(path); };
  return perform({Operation::remove_directory, path, {}, {}}, apply, apply);
}

std::error_code FaultyFiles::create(const std::string& path, const std::string& contents,
                                    std::uint32_t mode) {
  const auto apply = [this, path, contents, mode] { return real_.create(path, contents, mode); };
  return perform({Operation::create, path, {}, {}}, apply, apply);
}

std::error_code FaultyFiles::list(const std::string& directory, std::size_t most, Listing& found) {
  const auto nothing = [] { return std::error_code{}; };
  const auto apply = [&] {
    const std::error_code error = real_.list(directory, most, found);
    if (!error && listed) listed(directory, found);
    return error;
  };
  return perform({Operation::list, directory, {}, {}}, apply, nothing);
}

std::error_code FaultyFiles::read(const std::string& path, std::size_t most,
                                  std::string& contents) {
  const auto nothing = [] { return std::error_code{}; };
  return perform(
      {Operation::read, path, {}, {}}, [&] { return real_.read(path, most, contents); }, nothing);
}

std::error_code FaultyFiles::status(const std::string& path, Revalidate revalidate,
                                    FileStatus& found) {
  const auto nothing = [] { return std::error_code{}; };
  return perform(
      {Operation::status, path, {}, {}}, [&] { return real_.status(path, revalidate, found); },
      nothing);
}

std::error_code FaultyFiles::touch(const std::string& path) {
  const auto apply = [this, path] { return real_.touch(path); };
  return perform({Operation::touch, path, {}, {}}, apply, apply);
}

std::error_code FaultyFiles::set_modified(const std::string& path, WallTime time) {
  const auto apply = [this, path, time] { return real_.set_modified(path, time); };
  return perform({Operation::set_modified, path, {}, {}}, apply, apply);
}

std::error_code FaultyFiles::sync(const std::string& path) {
  const auto apply = [this, path] { return real_.sync(path); };
  return perform({Operation::sync, path, {}, {}}, apply, apply);
}

std::error_code FaultyFiles::file_system(const std::string& path, FileSystem& found) {
  const auto nothing = [] { return std::error_code{}; };
  return perform(
      {Operation::file_system, path, {}, {}}, [&] { return real_.file_system(path, found); },
      nothing);
}

}  // namespace holdfast::os::testing
