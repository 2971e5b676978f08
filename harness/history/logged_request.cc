#include "harness/history/logged_request.h"

namespace holdfast::harness {
namespace {

constexpr FileOp kAll[] = {FileOp::rename, FileOp::link,    FileOp::unlink, FileOp::open_create,
                           FileOp::mkdir,  FileOp::symlink, FileOp::rmdir,  FileOp::utime};

bool is_silly(std::string_view name) {
  return name.substr(name.rfind('/') + 1).starts_with(".nfs");
}

/// "claim//lock" says that it was one of two; no path has two slashes in a row.
std::vector<std::string> each_name(std::string_view names) {
  std::vector<std::string> all;
  for (std::size_t end = names.find("//"); end != names.npos; end = names.find("//")) {
    all.emplace_back(names.substr(0, end));
    names.remove_prefix(end + 2);
  }
  all.emplace_back(names);
  return all;
}

}  // namespace

std::string LoggedRequest::name() const {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : "//") + name;
  return all;
}

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
  std::string_view first = words.substr(word + 1, end - word - 1);
  const std::size_t space = has_two_names(request.file) ? first.find(' ') : first.npos;
  if (space != first.npos) {
    request.other = first.substr(space + 1);
    first = first.substr(0, space);
  }
  request.names = each_name(first);
  if (request.file == FileOp::rename && is_silly(request.other)) {
    request.file = FileOp::unlink;
    request.other.clear();
  }
  return request;
}

}  // namespace holdfast::harness
