#include "harness/contender/recording_files.h"

namespace holdfast::harness {

FileEvents::FileEvents(Recorder* recorder, std::string directory, std::uint16_t lock)
    : recorder_(recorder), directory_(std::move(directory)), lock_(lock) {
  if (directory_.empty() || directory_.back() != '/') directory_ += '/';
}

void FileEvents::operator()(const Seen& seen, const std::string& path,
                            const std::string& other) const {
  if (recorder_ == nullptr) return;
  Event event;
  event.op = Op::file;
  event.phase = seen.error ? Phase::fail : Phase::ok;
  event.file = seen.operation;
  event.code = seen.error.value();
  event.began_ns = seen.began_ns;
  event.value = seen.inode;
  event.lock = lock_;
  recorder_->record(event, relative(path), relative(other));
}

void FileEvents::last(FileOp operation, const std::string& path) const {
  if (recorder_ == nullptr) return;
  Event event;
  event.op = Op::file;
  event.phase = Phase::invoke;
  event.file = operation;
  event.lock = lock_;
  recorder_->record(event, relative(path));
}

std::string FileEvents::relative(const std::string& path) const {
  return path.starts_with(directory_) ? path.substr(directory_.size()) : path;
}

RecordingFiles::RecordingFiles(os::Files& files, FileEvents events, Inodes inodes)
    : files_(files), events_(std::move(events)), inodes_(inodes) {}

std::uint64_t RecordingFiles::inode(const std::string& path) {
  if (inodes_ == Inodes::not_looked_up || !events_.on()) return 0;
  os::FileStatus status;
  return files_.status(path, os::Revalidate::as_mounted, status) ? 0 : status.inode;
}

std::error_code RecordingFiles::ends(FileOp operation, const std::string& path,
                                     const std::function<std::error_code()>& call,
                                     const std::string& other) {
  const std::uint64_t about = inode(path);
  const std::int64_t began = recorder_now_ns();
  const std::error_code error = call();
  events_({operation, began, error, about}, path, other);
  return error;
}

std::error_code RecordingFiles::makes(FileOp operation, const std::string& path,
                                      const std::function<std::error_code()>& call,
                                      const std::string& other) {
  const std::int64_t began = recorder_now_ns();
  const std::error_code error = call();
  events_({operation, began, error, error ? 0 : inode(path)}, path, other);
  return error;
}

std::error_code RecordingFiles::plain(FileOp operation, const std::string& path,
                                      const std::function<std::error_code()>& call) {
  const std::int64_t began = recorder_now_ns();
  const std::error_code error = call();
  events_({operation, began, error, 0}, path);
  return error;
}

std::error_code RecordingFiles::rename(const std::string& from, const std::string& to) {
  return ends(
      FileOp::rename, from, [&] { return files_.rename(from, to); }, to);
}

std::error_code RecordingFiles::link(const std::string& from, const std::string& to) {
  return makes(
      FileOp::link, from, [&] { return files_.link(from, to); }, to);
}

std::error_code RecordingFiles::unlink(const std::string& path) {
  return ends(FileOp::unlink, path, [&] { return files_.unlink(path); });
}

std::error_code RecordingFiles::make_directory(const std::string& path, std::uint32_t mode) {
  return makes(FileOp::mkdir, path, [&] { return files_.make_directory(path, mode); });
}

std::error_code RecordingFiles::remove_directory(const std::string& path) {
  return ends(FileOp::rmdir, path, [&] { return files_.remove_directory(path); });
}

std::error_code RecordingFiles::create(const std::string& path, const std::string& contents,
                                       std::uint32_t mode) {
  return makes(FileOp::open_create, path, [&] { return files_.create(path, contents, mode); });
}

std::error_code RecordingFiles::list(const std::string& directory, std::size_t most,
                                     os::Listing& found) {
  return plain(FileOp::list, directory, [&] { return files_.list(directory, most, found); });
}

std::error_code RecordingFiles::read(const std::string& path, std::size_t most,
                                     std::string& contents) {
  return plain(FileOp::open_read, path, [&] { return files_.read(path, most, contents); });
}

std::error_code RecordingFiles::status(const std::string& path, os::Revalidate revalidate,
                                       os::FileStatus& found) {
  const std::int64_t began = recorder_now_ns();
  const std::error_code error = files_.status(path, revalidate, found);
  events_({FileOp::stat, began, error, error ? 0 : found.inode}, path);
  return error;
}

std::error_code RecordingFiles::touch(const std::string& path) {
  return plain(FileOp::utime, path, [&] { return files_.touch(path); });
}

std::error_code RecordingFiles::set_modified(const std::string& path, os::WallTime time) {
  return plain(FileOp::utime, path, [&] { return files_.set_modified(path, time); });
}

std::error_code RecordingFiles::sync(const std::string& path) {
  return plain(FileOp::sync, path, [&] { return files_.sync(path); });
}

std::error_code RecordingFiles::file_system(const std::string& path, os::FileSystem& found) {
  return plain(FileOp::stat, path, [&] { return files_.file_system(path, found); });
}

}  // namespace holdfast::harness
