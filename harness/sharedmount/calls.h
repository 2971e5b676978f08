// The kernel's questions, as libfuse hands them over: each becomes a request, and its reply the
// kernel's answer.
#pragma once

struct fuse_lowlevel_ops;

namespace holdfast::harness::mount {

/// For a session whose user data is a HostMount.
fuse_lowlevel_ops mount_calls();

}  // namespace holdfast::harness::mount
