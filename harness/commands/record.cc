// holdfast record: shows the bugs on record again, and notes when it did.
#include <CLI/CLI.hpp>
#include <iostream>
#include <sstream>

#include "harness/commands/command_line.h"
#include "harness/commands/run_table.h"
#include "harness/commands/track_record.h"
#include "harness/report/facts.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

constexpr int kNotShown = 5;
constexpr int kSkipped = 6;
constexpr int kInterrupted = 130;

constexpr const char* kExamples =
    R"(reports/track-record.json lists bugs of locks that people use, each with the command that
shows it. All of these commands are run again, here and now; the table says of each when it was
last shown, and by which commit of holdfast. Real processes seldom meet twice in the same way,
whatever the seed: a bug may take several tries.

Examples:
  holdfast record                        are they all shown still? several minutes
  holdfast record --only flufl           those whose row has this word
  holdfast record --update               writes commit and date of those that were
  holdfast record --list                 the commands, and runs none

With --update each row is written as soon as it was shown: what is interrupted keeps what it has.

Exit status: 0 all were shown; 5 one was not; 6 all were that could be, and others were skipped, as
this machine lacks something; 3 bad usage, or no such table; 4 a command could not be carried out,
or the table not be written; 130 interrupted.)";

struct CommandLine {
  std::string table = "reports";
  std::string only;
  int tries = 3;
  bool update = false;
  bool list = false;
};

/// What a command says on standard output is kept from there while this lives.
class Captured {
 public:
  Captured() : before_(std::cout.rdbuf(text_.rdbuf())) {}
  ~Captured() { std::cout.rdbuf(before_); }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* before_;
};

int run_once_more(const KnownBug& bug, std::string& said) {
  const std::string& verb = bug.arguments.front();
  const Arguments rest(bug.arguments.begin() + 1, bug.arguments.end());
  const Captured captured;
  const int status = verb == "run"       ? run_command(rest)
                     : verb == "explore" ? explore_command(rest)
                                         : kBadUsage;
  said = captured.text();
  return status;
}

bool has_word(const KnownBug& bug, const std::string& word) {
  const std::string all = bug.lock + " " + bug.bug + " " + bug.found + " " + typed_command(bug);
  return all.find(word) != std::string::npos;
}

class Record {
 public:
  Record(const CommandLine& line, std::vector<KnownBug> bugs)
      : line_(line), bugs_(std::move(bugs)) {}

  int all() {
    for (KnownBug& bug : bugs_) {
      if (!has_word(bug, line_.only)) continue;
      ++asked_;
      if (!again(bug)) break;
    }
    std::cout << shown_ << " of " << asked_ << " shown again"
              << (skipped_ != 0 ? ", " + std::to_string(skipped_) + " skipped" : "") << "\n";
    if (failed_) return kHarnessFailed;
    if (interrupted_) return kInterrupted;
    if (asked_ == 0) {
      std::cerr << "holdfast record: no row has the word \"" << line_.only << "\"\n";
      return kBadUsage;
    }
    return shown_ + skipped_ < asked_ ? kNotShown : skipped_ != 0 ? kSkipped : kDone;
  }

 private:
  /// Whether to go on.
  bool again(KnownBug& bug) {
    std::string said;
    int status = kNotShown, tries = 0;
    const auto over = [&] {
      return status == bug.status || status == kSkipped || status == kInterrupted || failed_;
    };
    while (tries < line_.tries && !over()) {
      ++tries;
      status = run_once_more(bug, said);
      failed_ = status != bug.status && (status == kBadUsage || status == kHarnessFailed);
    }
    interrupted_ = status == kInterrupted;
    if (failed_) {
      std::cerr << "holdfast record: this was not carried out, exit status " << status << ":\n  "
                << typed_command(bug) << "\n";
    }
    if (interrupted_ || failed_) return false;
    const bool shown = status == bug.status;
    if (shown) {
      ++shown_;
      bug.commit = build_facts().commit;
      bug.date = origin_here().date;
    } else if (status == kSkipped) {
      ++skipped_;
    }
    std::cout << (shown                ? "shown     "
                  : status == kSkipped ? "skipped   "
                                       : "NOT SHOWN ")
              << bug.lock << ": " << bug.found
              << (tries > 1 ? ", in try " + std::to_string(tries) : "") << "\n";
    if (!shown) {
      std::cout << "          " << typed_command(bug) << "\n"
                << (status == kSkipped ? "          " + said : "");
    }
    std::cout << std::flush;
    failed_ = shown && line_.update && !written();
    return !failed_;
  }

  bool written() const {
    const auto done = write_table(line_.table, "track-record", track_record_markdown(bugs_),
                                  track_record_json(bugs_));
    if (!done) std::cerr << "holdfast record: " << done.error().text() << "\n";
    return done.has_value();
  }

  const CommandLine& line_;
  std::vector<KnownBug> bugs_;
  std::size_t asked_ = 0, shown_ = 0, skipped_ = 0;
  bool interrupted_ = false, failed_ = false;
};

int bad(const std::string& words) {
  std::cerr << "holdfast record: " << words << "\n";
  return kBadUsage;
}

}  // namespace

int record_command(const Arguments& arguments) {
  CLI::App app("Shows the bugs on record again, and notes by which commit.", "holdfast record");
  CommandLine line;
  app.footer(kExamples);
  app.add_option("--table", line.table, "the folder of track-record.json; default: reports")
      ->type_name("DIR");
  app.add_option("--only", line.only, "bugs whose row has this word")->type_name("WORD");
  app.add_option("--tries", line.tries, "for each; default: 3")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000).description(""));
  app.add_flag("--update", line.update, "writes track-record.json and track-record.md anew");
  app.add_flag("--list", line.list, "prints the commands, and runs none");
  if (const auto status = parse(app, arguments)) return *status;
  const std::string file = line.table + "/track-record.json";
  const auto text = read_stored(file);
  if (!text) return bad(text.error().text() + "\n  it stands in this repository's reports/");
  auto bugs = parse_track_record(*text, file);
  if (!bugs) return bad(bugs.error().text());
  if (line.list) {
    for (const KnownBug& bug : *bugs) {
      if (has_word(bug, line.only)) std::cout << typed_command(bug) << "\n";
    }
    return kDone;
  }
  // A commit that nobody else has is no place to find anything again.
  const std::string commit = build_facts().commit;
  if (line.update && (commit.empty() || commit.ends_with("-dirty"))) {
    return bad(
        "--update notes the commit, and this program was built from what is in none: commit "
        "first");
  }
  return Record(line, std::move(*bugs)).all();
}

}  // namespace holdfast::harness
