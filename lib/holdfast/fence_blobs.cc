#include <holdfast/fence_blobs.h>
#include <holdfast/protocol/outcome.h>
#include <holdfast/protocol/probe.h>

#include <algorithm>
#include <cerrno>

namespace holdfast {
namespace {

constexpr int kMostDraws = 8;
constexpr std::size_t kMostNames = 65536;
constexpr std::uint32_t kDirectoryMode = 0777;  // less the umask
constexpr std::uint32_t kFileMode = 0666;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

FenceBlobs::FenceBlobs(const std::string& fence_path, os::System system)
    : path_(fence_path), directory_(fence_path + ".blobs"), system_(system) {}

std::error_code FenceBlobs::note(std::error_code error, const char* call, const std::string& path) {
  if (error) last_failure_ = {error, call, path};
  return error;
}

/// As those of the register, which collects what is left of them.
std::string FenceBlobs::probes_beside() const {
  return path_.substr(path_.rfind('/') + 1) + ".probe.";
}

std::string FenceBlobs::path_of(const FenceBlob& blob) const {
  return directory_ + '/' + fence_blob_name(blob);
}

std::error_code FenceBlobs::change(const std::string& directory, const std::string& prefix) {
  return probe(system_, directory, prefix, kFileMode, last_failure_);
}

/// A directory that is made anew is only as durable as its own entry.
std::error_code FenceBlobs::make_directory() {
  auto error = system_.files->make_directory(directory_, kDirectoryMode);
  if (error && error.value() != EEXIST) return note(error, "mkdir", directory_);
  error = look_for_directory();
  if (error) return error;
  const std::string parent = parent_of(directory_);
  error = note(system_.files->sync(parent), "fsync", parent);
  directory_made_ = !error;
  return error;
}

/// It is there, and may be missing for this host, which has looked for it too early. Its parent's
/// change tells it.
std::error_code FenceBlobs::look_for_directory() {
  const auto error = check_directory();
  if (outcome_of(error) != Outcome::absent || change(parent_of(path_), probes_beside())) {
    return error;
  }
  return check_directory();
}

/// ENOTDIR where a symbolic link is, too: no blob of ours belongs where it leads. As mounted, since
/// what counts is where this client's next call through the name will come to.
std::error_code FenceBlobs::check_directory() {
  os::FileStatus status;
  auto error = system_.files->status(directory_, os::Revalidate::as_mounted, status);
  if (!error && status.type != os::FileType::directory) error = {ENOTDIR, std::system_category()};
  return note(error, "stat", directory_);
}

std::error_code FenceBlobs::write(Token token, const std::string& data, FenceBlob& written) {
  if (data.size() > kMost) return std::make_error_code(std::errc::file_too_large);
  std::error_code error;
  for (int draws = 0; draws < kMostDraws; ++draws) {
    error = directory_made_ ? check_directory() : make_directory();
    if (error && !(directory_made_ && error.value() == ENOENT)) return error;
    const FenceBlob blob{token, system_.host->random_bits()};
    const std::string path = path_of(blob);
    if (!error) error = note(system_.files->create(path, data, kFileMode), "create", path);
    if (error.value() == ENOENT && directory_made_) {  // somebody has removed the directory
      directory_made_ = false;
      continue;
    }
    // Never used after a doubtful answer, though it may be there: it may yet be written to. A name
    // that is there already can be our own request's, resent; it is another draw that is cheap.
    if (error && error.value() == EEXIST) continue;
    if (!error) error = note(system_.files->sync(path), "fsync", path);
    if (!error) error = note(system_.files->sync(directory_), "fsync", directory_);
    if (error) {
      const Failure cause = last_failure_;
      remove(blob);
      last_failure_ = cause;
      return error;
    }
    written = blob;
    return {};
  }
  return error;
}

std::error_code FenceBlobs::read(const FenceBlob& blob, std::string& data) {
  if (const auto error = check_directory()) return error;
  const std::string path = path_of(blob);
  // A blob never changes once it is named, so its size is known beforehand, and reading makes room
  // for no more. Not from a cache: a listing made while it was written may have left size 0 there.
  os::FileStatus status;
  const auto error = system_.files->status(path, os::Revalidate::forced, status);
  if (error) return note(error, "stat", path);
  if (status.size > kMost) return note({EFBIG, std::system_category()}, "read", path);
  return note(system_.files->read(path, status.size, data), "read", path);
}

std::error_code FenceBlobs::remove(const FenceBlob& blob) {
  const std::string path = path_of(blob);
  return note(system_.files->unlink(path), "unlink", path);
}

bool FenceBlobs::is_surely_gone(const FenceBlob& blob) {
  os::Listing listing;
  const auto list = [&] { return system_.files->list(directory_, kMostNames, listing); };
  auto error = list();
  if (outcome_of(error) == Outcome::absent) {
    if (change(parent_of(path_), probes_beside())) return false;
    error = list();
    if (outcome_of(error) == Outcome::absent) return true;
  }
  // It is a directory, and no link to one: a probe in it is made where blobs belong.
  if (error || change(directory_, ".probe.") || list() || !listing.complete) return false;
  const std::string name = fence_blob_name(blob);
  return std::find(listing.names.begin(), listing.names.end(), name) == listing.names.end();
}

std::error_code FenceBlobs::list(std::vector<FenceBlob>& found) {
  found.clear();
  os::Listing listing;
  const auto error = system_.files->list(directory_, kMostNames, listing);
  if (outcome_of(error) == Outcome::absent) return {};
  if (error) return note(error, "list", directory_);
  for (const auto& name : listing.names) {
    if (const auto blob = parse_fence_blob(name)) found.push_back(*blob);
  }
  return {};
}

}  // namespace holdfast
