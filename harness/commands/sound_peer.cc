#include "harness/commands/sound_peer.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// sound.py also takes a link of its own for another's lock: it is not for networks that repeat
// requests.
constexpr std::string_view kMadeBySoundToo = "negative/own-link-refused";

}  // namespace

Result<std::vector<Override>> sound_peer(const Scenario& planted) {
  json contender = json::parse(planted.text).at("contender");
  if (!contender.contains("program") || planted.name == kMadeBySoundToo) return {};
  json& last = contender["program"].back();
  const fs::path lock = std::string(last);
  if (lock.extension() != ".py") return {};
  const auto text = read_stored((fs::path(planted.file).parent_path() / lock).string());
  if (!text) return tl::unexpected(text.error());
  if (text->find("(sound.Lock)") == std::string::npos) return {};
  // A path from the scenario's folder is known by its "./".
  const std::string folder = std::string(last).substr(0, std::string(last).rfind('/') + 1);
  last = folder + "sound.py";
  contender["name"] = "sound";
  return std::vector<Override>{{"/contender", contender.dump()}, {"/expect", R"("valid")"}};
}

}  // namespace holdfast::harness
