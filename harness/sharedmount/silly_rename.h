// How names are taken away and moved.
//
// What an NFS client does about a file that a program has open and that loses its name: it gives it
// another one, ".nfsXXXX", until it is closed. Only where the host itself takes the name away; a
// file that another host removes is gone.
#pragma once

#include "harness/sharedmount/question.h"

namespace holdfast::harness::mount {

void unlink(const Question& question, fuse_ino_t parent, const char* name);
void rename(const Question& question, fuse_ino_t parent, const char* name, fuse_ino_t other,
            const char* other_name, unsigned flags);
/// A program has closed a file; the last one takes the name away that it was given.
void closed(const Question& question, View& view);

}  // namespace holdfast::harness::mount
