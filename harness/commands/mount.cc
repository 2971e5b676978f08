// holdfast mount: the emulated mount for anybody's program.
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>

#include "harness/commands/command_line.h"
#include "harness/commands/mount_faults.h"
#include "harness/fleet/spawn.h"
#include "harness/result/count.h"
#include "harness/sharedmount/control.h"
#include "harness/sharedmount/guardian.h"
#include "harness/sharedmount/server.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

std::string help_text() {
  std::string text =
      R"(Makes DIR/h1, DIR/h2, ...: one directory, as so many hosts see it that mount it over a
network, with the bad habits that such mounts have. Any program can be tried there: start one
copy in each. Nothing but FUSE is needed, and no root. What is shared is kept in DIR/shared.
It serves until Ctrl-C; then nothing stays mounted, and the files stay in DIR/shared.

Profiles:
)";
  for (const MountProfile& one : mount_profiles()) {
    text += "  " + one.name + std::string(16 - one.name.size(), ' ') + one.about + "\n";
  }
  return text + R"(
A script is a JSON file: what a scenario has behind "mount" (scenarios/README.md).

  { "emulate": "nfs3-default",
    "faults": [ { "fault": "lost_reply", "operation": "link", "probability": 0.05 },
                { "fault": "partition", "host": "h1", "at": "10s", "for": "5s" } ] }

Faults can also be injected while it serves, from another terminal. Every fault that comes true is
a line in DIR/faults.jsonl, with the very operation that it hit.

Examples:
  holdfast mount /tmp/m                                    NFS as mounted by default, two hosts
  holdfast mount /tmp/m --emulate smb-like --hosts 3
  holdfast mount /tmp/m --script bad-day.json --seed 7     the same choices each time
  holdfast mount /tmp/m --inject '{"fault": "lost_reply", "operation": "link", "times": 1}'
  holdfast mount /tmp/m --end 1                            ends the fault that has this number

What it does not do (shared maps, locks of the kernel, ...) is in harness/sharedmount/README.md.
Exit status: 0 served and ended in order; 3 bad usage or a bad script; 4 it could not be mounted.)";
}

struct CommandLine {
  std::string place;
  std::string emulate;
  std::string script;
  std::string seed;
  std::string inject;
  std::uint32_t end = 0;
  std::uint32_t hosts = 2;
};

int complain(const Problem& what, int status) {
  std::cerr << "holdfast mount: " << what.text() << "\n";
  return status;
}

std::vector<std::string> host_names(std::uint32_t count) {
  std::vector<std::string> names;
  for (std::uint32_t host = 1; host <= count; ++host) names.push_back("h" + std::to_string(host));
  return names;
}

Result<MountSpec> spec_of(const CommandLine& line, const std::vector<std::string>& hosts) {
  MountSpec spec;
  if (!line.script.empty()) {
    std::ifstream in(line.script, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    if (!in && !in.eof()) {
      return problem(line.script, "read this script",
                     std::error_code(errno, std::generic_category()));
    }
    auto read = parse_mount(text, line.script, hosts);
    if (!read) return read;
    spec = std::move(*read);
    for (const MountFault& fault : spec.faults) {
      if (fault.host != "holder") continue;
      return problem(line.script, "found the host \"holder\", allowed are " + hosts.front() +
                                      " to " + hosts.back() +
                                      ": only a run knows who holds a lock");
    }
  }
  if (line.emulate.empty()) return spec;
  const bool in_vain =
      std::any_of(spec.faults.begin(), spec.faults.end(),
                  [&](const MountFault& fault) { return never_forgets(fault, line.emulate); });
  if (in_vain) {
    return problem("--emulate", "found " + line.emulate + " with a script that has \"forget\" (" +
                                    line.script +
                                    "), allowed is nfs-async: only such a server "
                                    "forgets");
  }
  spec.emulate = line.emulate;
  return spec;
}

Result<std::uint64_t> seed_of(const std::string& text) {
  if (text.empty()) return std::random_device{}();
  auto seed = parse_seed(text);
  if (!seed) return problem("--seed", seed.error().message);
  return seed;
}

/// The whole path of the directory, in which nothing is mounted and all that is needed is made.
Result<std::string> make_places(const std::string& place, const std::vector<std::string>& hosts) {
  std::error_code error;
  fs::create_directories(place, error);
  if (error) return problem(place, "make this directory", error);
  const std::string whole = fs::canonical(place, error);
  if (error) return problem(place, "mount there", error);
  if (mount::is_listened_at(whole + "/control")) {
    return problem(whole, "is served already: end that server (Ctrl-C), or take another directory");
  }
  for (const std::string& left : mount::unmount_dead(whole)) {
    std::cerr << "holdfast mount: " << left << ": unmounted; a killed server had left it\n";
  }
  std::vector<std::string> wanted = {"shared"};
  wanted.insert(wanted.end(), hosts.begin(), hosts.end());
  for (const std::string& name : wanted) {
    fs::create_directories(fs::path(whole) / name, error);
    if (error) return problem(whole + "/" + name, "make this directory", error);
  }
  return whole;
}

int serve(const CommandLine& line) {
  const std::vector<std::string> hosts = host_names(line.hosts);
  const auto spec = spec_of(line, hosts);
  if (!spec) return complain(spec.error(), kBadUsage);
  const auto manners = mount::manners_of(*spec);
  if (!manners) return complain(manners.error(), kBadUsage);
  const auto seed = seed_of(line.seed);
  if (!seed) return complain(seed.error(), kBadUsage);
  const auto place = make_places(line.place, hosts);
  if (!place) return complain(place.error(), kHarnessFailed);

  raise_file_limit();
  mount::ServerOptions options;
  options.directory = *place + "/shared";
  for (const std::string& host : hosts) options.hosts.push_back({host, *place + "/" + host});
  options.manners = *manners;
  options.faults = spec->faults;
  options.seed = *seed;
  options.control = *place + "/control";
  options.log = log_into(*place, hosts);
  auto server = mount::Server::start(options);
  if (!server) return complain(server.error(), kHarnessFailed);
  for (const mount::HostPlace& host : options.hosts) {
    std::cout << host.name << "  " << host.place << "\n";
  }
  std::cout << "serves " << options.directory << " as " << manners->profile << ", "
            << count(spec->faults.size(), "fault") << ", seed " << print_seed(*seed)
            << "; Ctrl-C unmounts\n"
            << std::flush;
  (*server)->serve();
  return kDone;
}

/// Says it to the server that serves in `place`. A request is one line, and a person's JSON may
/// have several.
int tell(const std::string& place, std::string line) {
  std::replace(line.begin(), line.end(), '\n', ' ');
  const auto answer = mount::say(place + "/control", line);
  if (!answer) return complain(answer.error(), kHarnessFailed);
  std::cout << *answer << "\n";
  return answer->starts_with(R"({"problem")") ? kBadUsage : kDone;
}

/// What says how a mount is served says nothing to one that is served already.
Result<void> check_alone(const CLI::Option& words, const std::vector<const CLI::Option*>& serving) {
  for (const CLI::Option* const option : serving) {
    if (!*option) continue;
    return problem(option->get_name(), "found beside " + words.get_name() +
                                           ", which is for a mount that is served already: leave "
                                           "it out");
  }
  return {};
}

}  // namespace

int mount_command(const Arguments& arguments) {
  CLI::App app("A directory as several hosts see it over NFS, for any program.", "holdfast mount");
  app.footer(help_text());
  CommandLine line;
  std::vector<std::string> names;
  for (const MountProfile& one : mount_profiles()) names.push_back(one.name);
  app.add_option("DIR", line.place, "where; made if it is not there")->required()->type_name("");
  const std::vector<const CLI::Option*> serving = {
      app.add_option("--emulate", line.emulate,
                     "whose habits; default: the script's, else nfs3-default")
          ->type_name("PROFILE")
          ->check(CLI::IsMember(names).description("")),
      app.add_option("--hosts", line.hosts, "how many hosts see it; default: 2")
          ->type_name("N")
          ->check(CLI::Range(1U, 100U).description("")),
      app.add_option("--script", line.script, "the mount's faults and further habits")
          ->type_name("FILE"),
      app.add_option("--seed", line.seed,
                     "of what is left to chance, in hexadecimal; default: drawn")
          ->type_name("HEX")};
  CLI::Option* const inject =
      app.add_option("--inject", line.inject, "adds a fault to the mount that is served in DIR")
          ->type_name("JSON");
  CLI::Option* const end =
      app.add_option("--end", line.end, "ends one of its faults")->type_name("NUMBER");
  inject->excludes(end);
  if (const auto status = parse(app, arguments)) return *status;
  if (*inject || *end) {
    const auto alone = check_alone(*inject ? *inject : *end, serving);
    if (!alone) return complain(alone.error(), kBadUsage);
  }
  if (*inject) return tell(line.place, R"({"fault": )" + line.inject + "}");
  if (*end) return tell(line.place, R"({"end": )" + std::to_string(line.end) + "}");
  return serve(line);
}

}  // namespace holdfast::harness
