#include "harness/contender/file_recorder.h"

#include <unistd.h>

#include <filesystem>

namespace holdfast::harness {

Result<std::string> file_recorder_library(const std::string& folder) {
  const auto library = std::filesystem::path(folder) / "libholdfast_file_recorder.so";
  std::error_code error;
  if (std::filesystem::exists(library, error)) return library.string();
  return problem(library.string(),
                 "is missing: it is built with the program and stands beside it; without it set "
                 "/contender/record_files to false, and no cause can be told");
}

std::vector<std::pair<std::string, std::string>> file_recorder_environment(const Station& station) {
  const auto folder = std::filesystem::path(station.history).parent_path();
  return {{"HOLDFAST_RECORD_DIRECTORY", station.directory},
          {"HOLDFAST_RECORD_HISTORY", (folder / (station.worker + ".program")).string()},
          {"HOLDFAST_RECORD_WORKER", station.worker},
          {"HOLDFAST_RECORD_LOCK", std::to_string(station.index)},
          {"HOLDFAST_RECORD_PARENT", std::to_string(::getpid())}};
}

}  // namespace holdfast::harness
