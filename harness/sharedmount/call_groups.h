// The kernel's questions by what they are about: each file of them knows its own.
#pragma once

#include <fuse_lowlevel.h>

namespace holdfast::harness::mount {

void add_name_calls(fuse_lowlevel_ops& calls);
void add_file_calls(fuse_lowlevel_ops& calls);
void add_directory_calls(fuse_lowlevel_ops& calls);

}  // namespace holdfast::harness::mount
