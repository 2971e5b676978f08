#include "harness/history/event.h"

namespace holdfast::harness {

const char* name(FileOp op) {
  switch (op) {
    case FileOp::none: return "none";
    case FileOp::rename: return "rename";
    case FileOp::link: return "link";
    case FileOp::unlink: return "unlink";
    case FileOp::open_create: return "open_create";
    case FileOp::open_read: return "open_read";
    case FileOp::mkdir: return "mkdir";
    case FileOp::rmdir: return "rmdir";
    case FileOp::symlink: return "symlink";
    case FileOp::utime: return "utime";
    case FileOp::stat: return "stat";
    case FileOp::list: return "list";
    case FileOp::sync: return "sync";
  }
  return "?";
}

}  // namespace holdfast::harness
