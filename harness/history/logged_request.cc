#include "harness/history/logged_request.h"

namespace holdfast::harness {
namespace {

constexpr FileOp kAll[] = {FileOp::rename, FileOp::link,    FileOp::unlink, FileOp::open_create,
                           FileOp::mkdir,  FileOp::symlink, FileOp::rmdir,  FileOp::utime};

bool is_silly(std::string_view name) {
  return name.substr(name.rfind('/') + 1).starts_with(".nfs");
}

}  // namespace

bool has_two_names(FileOp file) { return file == FileOp::rename || file == FileOp::link; }

LoggedRequest read_logged_request(std::string_view words) {
  LoggedRequest request;
  const std::size_t end = words.find(": ");
  const std::size_t word = words.find(' ');
  if (end == words.npos || word > end) return request;
  for (const FileOp file : kAll) {
    if (words.substr(0, word) == name(file)) request.file = file;
  }
  request.became = words.substr(end + 2);
  request.name = words.substr(word + 1, end - word - 1);
  if (!has_two_names(request.file)) return request;
  const std::size_t space = request.name.find(' ');
  if (space == request.name.npos) return request;
  request.other = request.name.substr(space + 1);
  request.name = request.name.substr(0, space);
  if (request.file == FileOp::rename && is_silly(request.other)) {
    request.file = FileOp::unlink;
    request.other = {};
  }
  return request;
}

}  // namespace holdfast::harness
