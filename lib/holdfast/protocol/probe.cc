#include <holdfast/protocol/nonce.h>
#include <holdfast/protocol/outcome.h>
#include <holdfast/protocol/probe.h>

namespace holdfast {

std::error_code probe(os::System system, const std::string& directory, const std::string& prefix,
                      std::uint32_t mode, Failure& failure, os::FileStatus* status) {
  const auto note = [&](std::error_code error, const char* call, const std::string& path) {
    if (error) failure = {error, call, path};
    return error;
  };
  const std::string nonce = nonce_text(system.host->random_bits());
  const std::string path = (directory == "/" ? "" : directory) + '/' + prefix + nonce;
  os::Files& files = *system.files;
  std::error_code error = note(files.create(path, "", mode), "create", path);
  // Nobody else knows the name: our own request, sent again, has met what it had made.
  if (error == std::errc::file_exists) error.clear();
  // Whatever create said, the file may be there, unless it was refused. One that cannot be removed
  // is harmless: its name is no value.
  if (outcome_of(error) == Outcome::refused) return error;
  if (!error && status != nullptr) {
    error = note(files.status(path, os::Revalidate::forced, *status), "stat", path);
  }
  note(files.unlink(path), "unlink", path);
  return error;
}

}  // namespace holdfast
