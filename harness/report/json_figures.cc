// fences, liveness, latency, operations, throughput: what was measured.
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/report/event_words.h"
#include "harness/report/json_sections.h"
#include "harness/report/latency_steps.h"
#include "harness/report/readable.h"

namespace holdfast::harness {
namespace {

/// Files that were left behind and are named, of as many as there may be.
constexpr std::size_t kNamed = 100;

std::uint64_t total(const OperationCount& count) {
  std::uint64_t all = count.ok;
  for (const auto& [code, failed] : count.failed) all += failed;
  return all;
}

Json per_grant(std::uint64_t operations, std::uint64_t grants) {
  if (grants == 0) return {};
  return static_cast<double>(operations) / static_cast<double>(grants);
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(utf8(text)); }

Json errno_table(const std::map<FileOp, OperationCount>& operations) {
  std::map<std::int32_t, std::map<FileOp, std::uint64_t>> by_errno;
  for (const auto& [op, count] : operations) {
    for (const auto& [code, failed] : count.failed) by_errno[code][op] += failed;
  }
  Json table = Json::array();
  for (const auto& [code, by_op] : by_errno) {
    std::uint64_t sum = 0;
    Json of = Json::array();
    for (const auto& [op, failed] : by_op) {
      of.push_back({{"operation", name(op)}, {"count", failed}});
      sum += failed;
    }
    table.push_back(
        {{"errno", code}, {"name", name_of_errno(code)}, {"count", sum}, {"by_operation", of}});
  }
  return table;
}

}  // namespace

Json distribution_json(const Histogram& histogram) {
  const bool any = histogram.count() != 0;
  const auto figure = [&](std::int64_t ns) { return any ? Json(ns) : Json(); };
  Json bins = Json::array();
  for (const Bin& bin : histogram.bins()) {
    bins.push_back({{"from_ns", bin.from}, {"to_ns", bin.to}, {"count", bin.count}});
  }
  return {{"count", histogram.count()},
          {"min_ns", figure(histogram.min())},
          {"mean_ns", figure(std::llround(histogram.mean()))},
          {"stddev_ns", figure(std::llround(histogram.deviation()))},
          {"max_ns", figure(histogram.max())},
          {"p50_ns", figure(histogram.percentile(0.5))},
          {"p90_ns", figure(histogram.percentile(0.9))},
          {"p99_ns", figure(histogram.percentile(0.99))},
          {"p99_9_ns", figure(histogram.percentile(0.999))},
          {"bins", bins}};
}

Json fences_section(const Report& report) {
  const Verdict& verdict = report.verdict;
  const Fences& fences = report.fences;
  return {{"grants_with_token", fences.tokens},
          {"token_regressions", found_json(verdict, Class::token_regression)},
          {"raises_accepted", fences.raised},
          {"raises_refused", fences.raises_refused},
          {"publications_accepted", fences.published},
          {"publications_refused", fences.publications_refused},
          {"stale_accepted", found_json(verdict, Class::unfenced_late_write)}};
}

Json liveness_section(const Report& report) {
  const Fairness& fairness = report.measures.fairness;
  Json left = Json::array();
  for (const std::string& path : report.left_behind) {
    if (left.size() == kNamed) break;
    left.push_back(utf8(path));
  }
  return {{"recovery", distribution_json(report.measures.all.recovery)},
          {"slow_recoveries", found_json(report.verdict, Class::slow_recovery)},
          {"longest_wait_ns", fairness.longest_wait_ns},
          {"longest_waiter", text_or_null(report.longest_waiter)},
          {"most_bypassed", fairness.most_bypassed},
          {"most_bypassed_waiter", text_or_null(report.most_bypassed_waiter)},
          {"jain", fairness.jain},
          {"jain_least", fairness.least_jain},
          {"starvations", found_json(report.verdict, Class::starvation)},
          {"wedges", found_json(report.verdict, Class::wedge)},
          {"orphans", found_json(report.verdict, Class::orphan)},
          {"left_behind", left},
          {"left_behind_count", report.left_behind.size()}};
}

Json latency_section(const Report& report) {
  const Measures& measures = report.measures;
  Json json;
  for (const LatencyStep& step : kLatencySteps) {
    Json by_host = Json::array();
    for (std::size_t i = 0; i < measures.by_host.size(); ++i) {
      by_host.push_back({{"host", utf8(report.hosts[i].name)},
                         {"distribution", distribution_json(measures.by_host[i].*step.of)}});
    }
    json[step.name] = {{"all", distribution_json(measures.all.*step.of)},
                       {"quiet", distribution_json(measures.quiet.*step.of)},
                       {"under_fault", distribution_json(measures.under_fault.*step.of)},
                       {"by_host", by_host}};
  }
  return json;
}

/// What the kernels of the hosts counted; null: nobody did.
Json nfs_json(const Report& report) {
  if (report.facts.nfs_operations.empty()) return nullptr;
  std::uint64_t sum = 0;
  Json by_kind = Json::array();
  for (const auto& [operation, count] : report.facts.nfs_operations) {
    sum += count;
    by_kind.push_back({{"operation", operation},
                       {"count", count},
                       {"per_grant", per_grant(count, report.measures.grants)}});
  }
  return {
      {"count", sum}, {"per_grant", per_grant(sum, report.measures.grants)}, {"by_kind", by_kind}};
}

Json operations_section(const Report& report) {
  const Measures& measures = report.measures;
  Json by_kind = Json::array();
  std::uint64_t sum = 0, retries = 0;
  for (const auto& [op, count] : measures.operations) {
    by_kind.push_back({{"operation", name(op)},
                       {"count", total(count)},
                       {"failed", total(count) - count.ok},
                       {"retries", count.retries},
                       {"per_grant", per_grant(total(count), measures.grants)}});
    sum += total(count);
    retries += count.retries;
  }
  return {{"recorded", measures.operations_recorded},
          {"count", sum},
          {"per_grant", per_grant(sum, measures.grants)},
          {"retries", retries},
          {"by_kind", by_kind},
          {"errors", errno_table(measures.operations)},
          {"nfs", nfs_json(report)}};
}

Json throughput_section(const Report& report) {
  const Throughput& throughput = report.measures.throughput;
  const double seconds = static_cast<double>(report.end_ns - report.start_ns) / 1e9;
  return {{"grants_per_second",
           seconds > 0 ? Json(static_cast<double>(report.measures.grants) / seconds) : Json()},
          {"window_ns", throughput.window_ns},
          {"grants", throughput.grants}};
}

}  // namespace holdfast::harness
