#include "harness/contender/crashing_files.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

#include "harness/contender/factory.h"

namespace holdfast::harness {
namespace {

constexpr std::array<std::pair<std::string_view, FileOp>, 13> kOperations{{
    {"any", FileOp::none},
    {"rename", FileOp::rename},
    {"link", FileOp::link},
    {"unlink", FileOp::unlink},
    {"mkdir", FileOp::mkdir},
    {"rmdir", FileOp::rmdir},
    {"open_create", FileOp::open_create},
    {"open_read", FileOp::open_read},
    {"symlink", FileOp::symlink},
    {"utime", FileOp::utime},
    {"stat", FileOp::stat},
    {"list", FileOp::list},
    {"sync", FileOp::sync},
}};

}  // namespace

bool crash_operation(const std::string& name, FileOp& operation) {
  for (const auto& [known, value] : kOperations) {
    if (known != name) continue;
    operation = value;
    return true;
  }
  return false;
}

void kill_self() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();  // the signal is on its way
}

CrashingFiles::CrashingFiles(os::Files& files, FileOp operation, std::uint64_t at, bool before,
                             FileEvents events, std::function<void()> die)
    : files_(files),
      operation_(operation),
      left_(at),
      before_(before),
      events_(std::move(events)),
      die_(std::move(die)) {}

std::error_code CrashingFiles::at(FileOp operation, const std::string& path,
                                  const std::function<std::error_code()>& call) {
  const bool counts = operation_ == FileOp::none || operation == operation_;
  const bool here = counts && left_ > 0 && --left_ == 0;
  if (!here) return call();
  if (before_) {
    events_.last(operation, path);
    die_();
  }
  const std::error_code error = call();
  if (!before_) {
    events_.last(operation, path);
    die_();
  }
  return error;
}

std::error_code CrashingFiles::rename(const std::string& from, const std::string& to) {
  return at(FileOp::rename, from, [&] { return files_.rename(from, to); });
}

std::error_code CrashingFiles::link(const std::string& from, const std::string& to) {
  return at(FileOp::link, from, [&] { return files_.link(from, to); });
}

std::error_code CrashingFiles::unlink(const std::string& path) {
  return at(FileOp::unlink, path, [&] { return files_.unlink(path); });
}

std::error_code CrashingFiles::make_directory(const std::string& path, std::uint32_t mode) {
  return at(FileOp::mkdir, path, [&] { return files_.make_directory(path, mode); });
}

std::error_code CrashingFiles::remove_directory(const std::string& path) {
  return at(FileOp::rmdir, path, [&] { return files_.remove_directory(path); });
}

std::error_code CrashingFiles::create(const std::string& path, const std::string& contents,
                                      std::uint32_t mode) {
  return at(FileOp::open_create, path, [&] { return files_.create(path, contents, mode); });
}

std::error_code CrashingFiles::list(const std::string& directory, std::size_t most,
                                    os::Listing& found) {
  return at(FileOp::list, directory, [&] { return files_.list(directory, most, found); });
}

std::error_code CrashingFiles::read(const std::string& path, std::size_t most,
                                    std::string& contents) {
  return at(FileOp::open_read, path, [&] { return files_.read(path, most, contents); });
}

std::error_code CrashingFiles::status(const std::string& path, os::Revalidate revalidate,
                                      os::FileStatus& found) {
  return at(FileOp::stat, path, [&] { return files_.status(path, revalidate, found); });
}

std::error_code CrashingFiles::touch(const std::string& path) {
  return at(FileOp::utime, path, [&] { return files_.touch(path); });
}

std::error_code CrashingFiles::set_modified(const std::string& path, os::WallTime time) {
  return at(FileOp::utime, path, [&] { return files_.set_modified(path, time); });
}

std::error_code CrashingFiles::sync(const std::string& path) {
  return at(FileOp::sync, path, [&] { return files_.sync(path); });
}

std::error_code CrashingFiles::file_system(const std::string& path, os::FileSystem& found) {
  return at(FileOp::stat, path, [&] { return files_.file_system(path, found); });
}

}  // namespace holdfast::harness
