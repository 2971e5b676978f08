// A scenario: who fights for what, under which faults, and what must come out.
// The format, with every key, unit and default, is scenarios/README.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/result/result.h"
#include "harness/scenario/distribution.h"
#include "harness/scenario/lab_spec.h"
#include "harness/scenario/mount_spec.h"

namespace holdfast::harness {

struct ContenderSpec {
  std::string name;                  ///< for people; that of the lock where none was given
  std::string lock;                  ///< a built-in one, or empty
  std::vector<std::string> program;  ///< or a program over the contender protocol
  Nanoseconds lifetime = std::chrono::seconds(15);
  std::string options = "{}";  ///< JSON object, handed to the contender as it is
  bool record_files = true;    ///< record file operations, for `cause`
};

/// holdfast's own locks: they can kill themselves at a file operation. What others do only a mount
/// sees.
bool kills_itself(const ContenderSpec& contender);

struct HostSpec {
  std::string name;
  std::uint32_t workers = 1;
  bool separate_machine = false;
};

enum class Resource { none, counter, fenced };

struct Work {
  Distribution hold{Distribution::Shape::constant, std::chrono::milliseconds(1), {}};
  Distribution think;
  std::optional<Nanoseconds> refresh_every;
  Resource resource = Resource::none;
  std::optional<Distribution> arrivals;  ///< open: time between intended starts; none: closed loop
  std::optional<Nanoseconds>
      patience;               ///< of each acquire; none: for ever (ended by the run's end)
  std::string planted_fence;  ///< a deliberately broken fence: negative scenarios
};

struct Until {
  std::optional<Nanoseconds> duration;
  std::optional<std::uint64_t> grants;
};

struct FaultSpec {
  enum class Kind { kill, pause, clock };
  Kind kind = Kind::kill;
  std::string target = "any";          ///< "holder", "any", a host's name ("h2": all of it), "all"
  std::optional<Nanoseconds> at;       ///< once; or
  std::optional<Nanoseconds> every;    ///< again and again
  double jitter = 0;                   ///< share of `every` by which each interval may differ
  std::optional<std::uint64_t> times;  ///< at most that often
  // kill at a file operation of our own locks: before or after the n-th
  std::string operation;  ///< "rename", "link", ..., "any"; empty: by signal at a time
  bool before = true, after = true;
  std::optional<std::uint64_t> nth;  ///< from 1; none: drawn from 1..within, for each worker anew
  std::uint64_t within = 0;
  // pause
  Distribution length;
  // clock
  std::optional<Nanoseconds> offset;  ///< of the wall clock, set at `at` (or each `every`)
  std::optional<Nanoseconds> step;    ///< the same, added to what the offset was each time
  std::optional<Nanoseconds> strobe;  ///< to and fro by this much
  std::optional<double> rate;         ///< elapsed and wall time per real time: 1.004
};

/// What scenarios and logs call it: "kill", "pause", "clock".
const std::string& name(FaultSpec::Kind kind);

/// What FaultSpec::operation can be: "any", "rename", ...
const std::vector<std::string>& kill_operations();

struct Bounds {
  std::optional<Nanoseconds> recovery;  ///< after a holder's death
  std::optional<Nanoseconds> wait;
  std::optional<std::uint64_t> bypassed;
  std::optional<std::uint64_t> orphans;
  std::optional<std::uint64_t> overstays;
  Nanoseconds wedge = std::chrono::seconds(5);
  Nanoseconds timeout_slack = std::chrono::seconds(1);
  Nanoseconds reply =
      std::chrono::seconds(30);  ///< of a contender program, beyond the patience it was given
};

struct Expect {
  enum class Value { valid, violated, unknown, any };
  Value verdict = Value::valid;
  std::string what;   ///< class; empty: any
  std::string cause;  ///< empty: any
  /// So often every kind of fault must have taken effect, or the run has shown nothing.
  std::uint64_t effective = 1;
};

/// Where it happens: with processes, files and clocks of this machine, or in `holdfast explore`'s
/// simulated world. The latter stands only in folders of explored runs, where it describes what a
/// replay holds in full.
enum class WorldKind { real, simulated };

struct Scenario {
  WorldKind world = WorldKind::real;
  std::string name;  ///< "crash/holder-killed": family and file
  std::string file;  ///< where it was read
  std::string about;
  ContenderSpec contender;
  std::uint32_t locks = 1;
  std::vector<HostSpec> hosts;
  Work work;
  bool ordered = false;  ///< holders tell the controller where they are, and wait for its answer
  Until until;
  std::vector<FaultSpec> faults;
  std::optional<MountSpec> mount;  ///< none: the directory that the run is given
  Bounds bounds;
  Expect expect;
  std::vector<std::string> require;
  std::optional<std::uint64_t> seed;
  std::string text;            ///< as it was run: canonical JSON, overrides and seed included
  std::optional<LabSpec> lab;  ///< none: this machine's own directories
};

/// One override: JSON pointer and JSON value ("/hosts/0/workers=16").
struct Override {
  std::string pointer;
  std::string value;
};

/// A scenario as it is run in minutes, or as what its key `long` makes of it.
enum class Form { usual, lengthened };

/// Reads and checks a scenario; its name is the folder's and the file's: "crash/holder-killed". In
/// `program`, what begins with ./ or ../ is a path from the scenario's folder and comes out
/// absolute. Every problem names the file and the JSON pointer, what was found and what is allowed;
/// unknown keys name the nearest known one.
Result<Scenario> read_scenario(const std::string& path, const std::vector<Override>& overrides,
                               Form form = Form::usual);
/// The same for a text; `name` stands for the file in problems.
Result<Scenario> parse_scenario(const std::string& text, const std::string& name,
                                const std::vector<Override>& overrides, Form form = Form::usual);

/// Seeds are written in hexadecimal, in scenarios, on the command line and in reports: "5a3f09c1".
Result<std::uint64_t> parse_seed(const std::string& text);
std::string print_seed(std::uint64_t seed);
/// For a run whose scenario gave none: sets `seed`, and `text` with it.
void set_seed(Scenario& scenario, std::uint64_t seed);
/// POINTER=VALUE, as it follows --set.
Result<Override> parse_override(const std::string& text);

/// All scenarios that a path names: the file itself, or every *.json below the folder, sorted.
Result<std::vector<std::string>> find_scenarios(const std::string& path);

}  // namespace holdfast::harness
