#include <holdfast/os/testing/client_files.h>

#include <cerrno>

namespace holdfast::os::testing {
namespace {

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

void ClientFiles::keep_listing(const std::string& directory) {
  Listing listing;
  if (!server_.list(directory, 1000, listing)) listings_[directory] = listing;
}

std::error_code ClientFiles::look_up(const std::string& path) const {
  for (std::string part = path; !part.empty(); part = parent_of(part)) {
    if (missing_.contains(part)) return {ENOENT, std::system_category()};
    if (part.find('/') == std::string::npos) break;
  }
  return {};
}

void ClientFiles::changed(const std::string& directory, bool mends_lookups) {
  listings_.erase(directory);
  if (!mends_lookups) return;
  std::erase_if(missing_, [&](const std::string& path) { return parent_of(path) == directory; });
}

std::error_code ClientFiles::changes(std::error_code error, const std::string& path) {
  if (!error) changed(parent_of(path));
  return error;
}

std::error_code ClientFiles::rename(const std::string& from, const std::string& to) {
  if (const auto error = look_up(from)) return error;
  const std::error_code error = server_.rename(from, to);
  return error ? error : changes(changes(error, from), to);
}

std::error_code ClientFiles::link(const std::string& from, const std::string& to) {
  if (const auto error = look_up(from)) return error;
  return changes(server_.link(from, to), to);
}

std::error_code ClientFiles::unlink(const std::string& path) {
  if (const auto error = look_up(path)) return error;
  return changes(server_.unlink(path), path);
}

std::error_code ClientFiles::make_directory(const std::string& path, std::uint32_t mode) {
  return changes(server_.make_directory(path, mode), path);
}

std::error_code ClientFiles::remove_directory(const std::string& path) {
  if (const auto error = look_up(path)) return error;
  return changes(server_.remove_directory(path), path);
}

std::error_code ClientFiles::create(const std::string& path, const std::string& contents,
                                    std::uint32_t mode) {
  if (const auto error = look_up(parent_of(path))) return error;
  return changes(server_.create(path, contents, mode), path);
}

std::error_code ClientFiles::list(const std::string& directory, std::size_t most, Listing& found) {
  if (const auto error = look_up(directory)) return error;
  const auto kept = listings_.find(directory);
  if (kept == listings_.end()) return server_.list(directory, most, found);
  found = kept->second;
  return {};
}

std::error_code ClientFiles::read(const std::string& path, std::size_t most,
                                  std::string& contents) {
  if (const auto error = look_up(path)) return error;
  return server_.read(path, most, contents);
}

std::error_code ClientFiles::status(const std::string& path, Revalidate revalidate,
                                    FileStatus& found) {
  if (const auto error = look_up(path)) return error;
  return server_.status(path, revalidate, found);
}

std::error_code ClientFiles::touch(const std::string& path) {
  if (const auto error = look_up(path)) return error;
  const std::error_code error = server_.touch(path);
  if (!error) changed(path, touch_mends_lookups);
  return error;
}

std::error_code ClientFiles::set_modified(const std::string& path, WallTime time) {
  if (const auto error = look_up(path)) return error;
  return server_.set_modified(path, time);
}

std::error_code ClientFiles::sync(const std::string& path) { return server_.sync(path); }

std::error_code ClientFiles::file_system(const std::string& path, FileSystem& found) {
  if (const auto error = look_up(path)) return error;
  const std::error_code error = server_.file_system(path, found);
  if (!error && file_system_is) found = *file_system_is;
  return error;
}

}  // namespace holdfast::os::testing
