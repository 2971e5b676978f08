// A probe: a file that is made in a directory, and removed at once, so that the directory changes.
//
// What a client of a file server has cached of a directory, its listing and what it has looked up
// there in vain, stays valid for no longer than until this client changes the directory; a touch
// does not mend all of it on all of them. A probe that is left behind is in nobody's way.
// Source: lib/README.md, "The register".
#pragma once

#include <holdfast/error.h>
#include <holdfast/os/os.h>

#include <cstdint>
#include <string>
#include <system_error>

namespace holdfast {

/// Makes and removes the file `prefix` + 16 random digits in `directory`. `mode`: of the file, less
/// the umask. `status`: of the file, as the server has stamped it.
///
/// Errors: then the directory may not have changed; `failure` tells at what call.
std::error_code probe(os::System system, const std::string& directory, const std::string& prefix,
                      std::uint32_t mode, Failure& failure, os::FileStatus* status = nullptr);

}  // namespace holdfast
