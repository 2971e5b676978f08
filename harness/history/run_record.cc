// DIR/run.json and DIR/faults.jsonl: what the controller writes.
#include "harness/history/run_record.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/history/store.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::json;

constexpr int kRunVersion = 3;    // 1 had no clocks, 2 no histories
constexpr int kFaultVersion = 4;  // 1 had no sorts, 2 two of an error, 3 one name a file

std::error_code last_error() { return {errno, std::system_category()}; }

/// One line, whatever bytes the strings have (names of files need not be UTF-8).
std::string line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// All of it by one call, so that a crash of this process leaves all or nothing.
std::error_code write_once(int file, const std::string& text) {
  const ssize_t written = ::write(file, text.data(), text.size());
  if (written < 0) return last_error();
  if (static_cast<std::size_t>(written) < text.size()) return {ENOSPC, std::system_category()};
  return {};
}

Result<void> write_file(const std::string& path, int flags, const std::string& text, bool sync) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
  if (file < 0) return problem(path, "open this file for writing", last_error());
  std::error_code error = write_once(file, text);
  if (!error && sync && ::fsync(file) != 0) error = last_error();
  if (::close(file) != 0 && !error) error = last_error();
  if (error) return problem(path, "write this file", error);
  return {};
}

void check_version(const Json& json, int oldest, int known) {
  const int version = json.at("version").get<int>();
  if (version < oldest || version > known) {
    throw std::runtime_error("version " + std::to_string(version) +
                             ", this program reads versions " + std::to_string(oldest) + " to " +
                             std::to_string(known));
  }
}

/// A sample is [host_ns, offset_ns, error_ns].
std::vector<RecorderClock> clocks_of(const Json& host) {
  std::vector<RecorderClock> clocks;
  if (!host.contains("clocks")) return clocks;
  for (const Json& of : host.at("clocks")) {
    RecorderClock& clock = clocks.emplace_back();
    clock.lives_before = of.at("lives_before").get<std::uint64_t>();
    for (const Json& sample : of.at("samples")) {
      clock.samples.push_back({sample.at(0).get<std::int64_t>(), sample.at(1).get<std::int64_t>(),
                               sample.at(2).get<std::int64_t>()});
    }
  }
  return clocks;
}

Json to_json(const HostRecord& host) {
  Json clocks = Json::array();
  for (const RecorderClock& clock : host.clocks) {
    Json samples = Json::array();
    for (const ClockSample& sample : clock.samples) {
      samples.push_back({sample.host_ns, sample.offset_ns, sample.error_ns});
    }
    clocks.push_back({{"lives_before", clock.lives_before}, {"samples", samples}});
  }
  return {{"name", host.name}, {"uncertainty_ns", host.uncertainty_ns}, {"clocks", clocks}};
}

RunRecord run_record(const Json& json) {
  check_version(json, 1, kRunVersion);
  RunRecord record;
  for (const Json& host : json.at("hosts")) {
    record.hosts.push_back({host.at("name").get<std::string>(),
                            host.at("uncertainty_ns").get<std::int64_t>(), clocks_of(host)});
  }
  record.locks = json.at("locks").get<std::vector<std::string>>();
  record.start_ns = json.at("start_ns").get<std::int64_t>();
  record.end_ns = json.at("end_ns").get<std::int64_t>();
  record.left_behind = json.at("left_behind").get<std::vector<std::string>>();
  record.histories = json.value("histories", record.histories);
  return record;
}

Json to_json(const Fault& fault) {
  return {{"version", kFaultVersion},
          {"id", fault.id},
          {"kind", fault.kind},
          {"sorts", fault.sorts},
          {"target", fault.target},
          {"host", fault.host == kNobody ? Json() : Json(fault.host)},
          {"worker", fault.worker_name},
          {"host_clock", fault.host_clock},
          {"start_ns", fault.start_ns},
          {"end_ns", fault.end_ns},
          {"effective", fault.effective},
          {"why_not", fault.why_not},
          {"inside_hold", fault.inside_hold},
          {"planned_offset_ns", fault.planned_offset_ns},
          {"measured_offset_ns", fault.measured_offset_ns},
          {"planned_rate", fault.planned_rate},
          {"measured_rate", fault.measured_rate},
          {"planned_pause_ns", fault.planned_pause_ns},
          {"measured_pause_ns", fault.measured_pause_ns},
          {"at_operation", fault.at_operation}};
}

Fault to_fault(const Json& json) {
  check_version(json, 2, kFaultVersion);
  Fault fault;
  json.at("id").get_to(fault.id);
  json.at("kind").get_to(fault.kind);
  json.at("sorts").get_to(fault.sorts);
  if (json.at("version") == 2 && fault.kind == "error" && fault.sorts.size() == 2) {
    fault.sorts = {fault.sorts[0] + " " + fault.sorts[1]};
  }
  json.at("target").get_to(fault.target);
  if (!json.at("host").is_null()) json.at("host").get_to(fault.host);
  json.at("worker").get_to(fault.worker_name);
  fault.host_clock = json.value("host_clock", std::uint32_t{0});
  json.at("start_ns").get_to(fault.start_ns);
  json.at("end_ns").get_to(fault.end_ns);
  json.at("effective").get_to(fault.effective);
  json.at("why_not").get_to(fault.why_not);
  json.at("inside_hold").get_to(fault.inside_hold);
  json.at("planned_offset_ns").get_to(fault.planned_offset_ns);
  json.at("measured_offset_ns").get_to(fault.measured_offset_ns);
  json.at("planned_rate").get_to(fault.planned_rate);
  json.at("measured_rate").get_to(fault.measured_rate);
  json.at("planned_pause_ns").get_to(fault.planned_pause_ns);
  json.at("measured_pause_ns").get_to(fault.measured_pause_ns);
  json.at("at_operation").get_to(fault.at_operation);
  return fault;
}

}  // namespace

Result<void> write_run_record(const std::string& run_directory, const RunRecord& record) {
  Json hosts = Json::array();
  for (const HostRecord& host : record.hosts) {
    hosts.push_back(to_json(host));
  }
  const Json json = {{"version", kRunVersion},       {"hosts", hosts},
                     {"locks", record.locks},        {"start_ns", record.start_ns},
                     {"end_ns", record.end_ns},      {"left_behind", record.left_behind},
                     {"histories", record.histories}};
  const std::string path = run_directory + "/run.json";
  const std::string first = path + ".new";
  if (auto written = write_file(first, O_TRUNC, line(json), true); !written) return written;
  if (::rename(first.c_str(), path.c_str()) != 0) {
    return problem(path, "give this file its name", last_error());
  }
  return {};
}

Result<void> append_fault(const std::string& run_directory, const Fault& fault) {
  return write_file(run_directory + "/faults.jsonl", O_APPEND, line(to_json(fault)), false);
}

Result<RunRecord> read_run_record(const std::string& run_directory) {
  const std::string path = run_directory + "/run.json";
  std::ifstream file(path);
  if (!file) {
    return problem(path,
                   "cannot be read: the controller writes it when a run ends; a run that did "
                   "not end so cannot be judged");
  }
  try {
    return run_record(Json::parse(file));
  } catch (const std::exception& error) {
    return problem(path, error.what());
  }
}

Result<std::vector<Fault>> read_faults(const std::string& run_directory) {
  const std::string path = run_directory + "/faults.jsonl";
  std::vector<Fault> faults;
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return faults;
  std::ifstream file(path);
  if (!file) return problem(path, "open this fault log", last_error());
  std::string text;
  for (std::size_t number = 1; std::getline(file, text); ++number) {
    const std::string place = path + ":" + std::to_string(number);
    if (file.eof()) return problem(place, "this line is torn: it has no end");
    try {
      faults.push_back(to_fault(Json::parse(text)));
    } catch (const std::exception& error) {
      return problem(place, error.what());
    }
  }
  if (file.bad()) return problem(path, "read this fault log", last_error());
  return faults;
}

}  // namespace holdfast::harness
