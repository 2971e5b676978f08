#include "harness/commands/explore_replay.h"

#include <filesystem>
#include <iostream>
#include <system_error>

#include "harness/commands/explored_run.h"
#include "harness/commands/exported_scenario.h"
#include "harness/report/exit_status.h"
#include "harness/report/stored_file.h"
#include "harness/sim/replay_file.h"
#include "harness/sim/story.h"
#include "harness/sim/story_file.h"

namespace holdfast::harness {
namespace {

int fails(ExitStatus status, const std::string& words) {
  std::cerr << "holdfast explore: " << words << "\n";
  return static_cast<int>(status);
}

Result<sim::Failure> read_replay(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > sim::kMostReplayBytes) {
    return problem(path, "has " + std::to_string(size) + " bytes; a replay has at most " +
                             std::to_string(sim::kMostReplayBytes));
  }
  const auto text = read_stored(path);
  if (!text) return tl::unexpected(text.error());
  return sim::parse_replay(*text, path);
}

int export_replay(const sim::Failure& failure, const ReplayLine& line) {
  const auto exported = export_scenario(failure, line.file);
  if (!exported) return fails(ExitStatus::bad_usage, "--export: " + exported.error().text());
  if (const auto written = write_stored(line.export_to, exported->text); !written) {
    return fails(ExitStatus::harness_failed, "--export: " + written.error().text());
  }
  std::cout << "exported   holdfast run " << line.export_to << "\n";
  for (const std::string& note : exported->notes) {
    std::cout << "           not expressed: " << note << "\n";
  }
  return kDone;
}

/// A schedule, once more.
class Repeated {
 public:
  /// `sought`: where it ends.
  Repeated(const sim::Failure& failure, const sim::Sought& sought)
      : story_(stage_), decisions_(failure.choices) {
    stage_.look_for(sought);
    mistake_ = stage_.run(failure.setting, decisions_, &story_);
  }

  const std::optional<sim::Mistake>& mistake() const { return mistake_; }
  std::vector<std::size_t> missed() const { return decisions_.missed(); }
  std::string told(bool json) const {
    return json ? sim::story_json(story_) : story_.text() + "\n";
  }

 private:
  sim::Stage stage_;
  sim::Story story_;
  sim::Replaying decisions_;
  std::optional<sim::Mistake> mistake_;
};

/// The file's mistake; where that is not made any more, whichever is.
std::unique_ptr<Repeated> repeat(const sim::Failure& failure) {
  auto expected = std::make_unique<Repeated>(failure, sim::like(failure.mistake));
  if (expected->mistake()) return expected;
  return std::make_unique<Repeated>(failure, sim::Sought{});
}

std::string file_says(const sim::Mistake& expected) {
  return sim::words_of(expected) + ", " + expected.sentence;
}

/// What is said of a replay in which nothing goes wrong.
std::string peace_text(const sim::Failure& failure, bool applies, const std::string& output) {
  std::string text = "verdict    nothing goes wrong; the file says: " + file_says(failure.mistake) +
                     "\n           " +
                     (applies ? "the mistake is mended, or hides\n"
                              : "the replay no longer applies to this code\n");
  if (!output.empty()) {
    text += "kept       nothing, in " + output + ": it shows no violation any more\n";
  }
  return text;
}

}  // namespace

int replay(const ReplayLine& line) {
  const auto failure = read_replay(line.file);
  if (!failure) return fails(ExitStatus::bad_usage, failure.error().text());
  if (!line.export_to.empty()) return export_replay(*failure, line);
  const auto repeated = repeat(*failure);
  std::cout << repeated->told(line.json);
  // With --json what is said of it goes beside it.
  std::ostream& out = line.json ? std::cerr : std::cout;
  const std::vector<std::size_t> missed = repeated->missed();
  for (const std::size_t index : missed) {
    out << "choice " << index + 1 << " no longer applies: its moment did not come\n";
  }
  const auto& mistake = repeated->mistake();
  if (!mistake) {
    out << peace_text(*failure, missed.empty(), line.output);
    return static_cast<int>(ExitStatus::mismatch);
  }
  out << "verdict    VIOLATED: " << sim::words_of(*mistake) << "\n           " << mistake->sentence
      << "\n";
  const bool as_before = sim::like(*mistake) == sim::like(failure->mistake);
  if (!as_before) {
    out << "           ANOTHER MISTAKE than the file's, which is not made any more: "
        << file_says(failure->mistake) << "\n";
  }
  if (!line.output.empty()) {
    const auto kept =
        keep_explored_run({failure->setting, failure->choices, *mistake, failure->seed},
                          explored_runs_folder(line.output), line.command_line);
    if (!kept) return fails(ExitStatus::harness_failed, kept.error().text());
    out << explored_run_text(*kept);
  }
  if (!as_before) return static_cast<int>(ExitStatus::mismatch);
  return static_cast<int>(mistake->out_of_contract ? ExitStatus::unknown : ExitStatus::violated);
}

}  // namespace holdfast::harness
