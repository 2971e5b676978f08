#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "harness/lab/guest.h"

namespace holdfast::harness::lab {

using nlohmann::json;

std::string to_text(const GuestConfig& config) {
  return json{{"name", config.name},
              {"server", config.server},
              {"nfs_address", config.nfs_address},
              {"control_address", config.control_address},
              {"server_address", config.server_address},
              {"shared", config.shared},
              {"nfs", config.spec.nfs},
              {"mount_options", config.spec.mount_options},
              {"sync", config.spec.sync}}
      .dump();
}

Result<GuestConfig> read_guest_config(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const json read = json::parse(in, nullptr, false);
  if (!read.is_object()) return problem(file, "is no guest's configuration");
  try {
    GuestConfig config;
    read.at("name").get_to(config.name);
    read.at("server").get_to(config.server);
    read.at("nfs_address").get_to(config.nfs_address);
    read.at("control_address").get_to(config.control_address);
    read.at("server_address").get_to(config.server_address);
    read.at("shared").get_to(config.shared);
    read.at("nfs").get_to(config.spec.nfs);
    read.at("mount_options").get_to(config.spec.mount_options);
    read.at("sync").get_to(config.spec.sync);
    return config;
  } catch (const json::exception& error) {
    return problem(file, error.what());
  }
}

}  // namespace holdfast::harness::lab
