#include "harness/archive/index_page.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <map>

#include "harness/archive/index_parts.h"
#include "harness/report/figures.h"
#include "harness/report/markup.h"

namespace holdfast::harness {
namespace {

/// What a policy allows by name: this text and no other.
std::string hash_source(std::string_view text) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::array<char,
             sodium_base64_ENCODED_LEN(crypto_hash_sha256_BYTES, sodium_base64_VARIANT_ORIGINAL)>
      base64{};
  sodium_bin2base64(base64.data(), base64.size(), hash.data(), hash.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  return "'sha256-" + std::string(base64.data()) + "'";
}

bool otherwise(const StoredReport& report) { return report.status != ExitStatus::as_expected; }

std::string figure_cell(std::int64_t value, const std::string& words) {
  return "<td class=\"figure\" data-value=\"" + std::to_string(value) + "\">" + words + "</td>";
}

std::string latency_cell(const StoredLatency& latency, std::int64_t ns) {
  return latency.count == 0 ? "<td class=\"figure\" data-value=\"-1\">none</td>"
                            : figure_cell(ns, human_duration(ns));
}

std::string links(const IndexedRun& run) {
  std::string html;
  const auto add = [&](bool there, const char* file, const char* words) {
    if (!there) return;
    html += (html.empty() ? "" : " ") + std::string("<a href=\"") +
            index_link(run.path + "/" + file) + "\">" + words + "</a>";
  };
  add(run.has_page, "report.html", "page");
  add(true, "report.json", "json");
  add(run.has_summary, "summary.md", "summary");
  add(run.has_junit, "junit.xml", "junit");
  return html;
}

std::string row(const IndexedRun& run) {
  const StoredReport& report = *run.report;
  const StoredLatency& wait = report.latency.at("wait");
  std::string html = "<tr data-verdict=\"" + html_text(report.verdict) + "\" data-otherwise=\"" +
                     (otherwise(report) ? "1" : "0") + "\">";
  html += "<td class=\"" + html_text(report.verdict) + "\">" + verdict_sign(report.verdict) + " " +
          html_text(report.verdict) +
          (report.found.empty() ? "" : "<br>" + html_text(report.found)) + "</td>";
  html += std::string("<td") + (otherwise(report) ? " class=\"otherwise\">" : ">") +
          (otherwise(report) ? html_text(describe(report.status)) : "as expected") + "</td>";
  html += "<td class=\"name\">" + html_text(report.scenario) + "<br><span class=\"faint\">" +
          html_text(report.contender) +
          (report.seed.empty() ? "" : ", seed " + html_text(report.seed)) + "</span></td>";
  html += figure_cell(report.started_unix_ms, utc_time(report.started_unix_ms));
  html += "<td>" + html_text(report.commit.empty() ? report.version : report.commit) + "</td>";
  html += figure_cell(static_cast<std::int64_t>(report.grants), grouped(report.grants));
  html += latency_cell(wait, wait.p50_ns) + latency_cell(wait, wait.p99_ns);
  return html + "<td>" + links(run) + "</td></tr>\n";
}

constexpr const char* kForm =
    R"(<form id="filter" hidden>
<label for="words">Filter</label> <input id="words" type="search" placeholder="words; key /">
<label for="verdict">Verdict</label> <select id="verdict"><option value="">all</option>
<option value="otherwise">otherwise than expected</option><option>valid</option>
<option>violated</option><option>unknown</option></select>
<output id="shown" for="words verdict"></output>
</form>
)";

constexpr const char* kHead =
    R"(<div class="scroll"><table id="runs"><thead><tr>
<th scope="col" data-sort="1">verdict</th><th scope="col" data-sort="1">came out</th>
<th scope="col" data-sort="1">scenario</th><th scope="col" data-sort="1" class="figure">began</th>
<th scope="col" data-sort="1">commit</th><th scope="col" data-sort="1" class="figure">grants</th>
<th scope="col" data-sort="1" class="figure">wait p50</th>
<th scope="col" data-sort="1" class="figure">wait p99</th><th scope="col">open</th></tr></thead>
<tbody>
)";

std::string runs_table(const std::vector<const IndexedRun*>& newest_first) {
  std::string html = "<h2>Runs</h2>\n";
  if (newest_first.empty()) return html + "<p>There is none.</p>\n";
  html += kForm;
  html += kHead;
  for (const IndexedRun* run : newest_first) html += row(*run);
  return html + "</tbody></table></div>\n";
}

std::string trends(const std::vector<const IndexedRun*>& newest_first) {
  // By scenario and lock: different locks have no trend in common.
  std::map<std::pair<std::string, std::string>, std::vector<const IndexedRun*>> groups;
  for (auto run = newest_first.rbegin(); run != newest_first.rend(); ++run) {
    groups[{(*run)->report->scenario, (*run)->report->contender}].push_back(*run);
  }
  if (groups.empty()) return {};
  std::string html =
      "<h2>From run to run</h2>\n<p class=\"faint\">How long a grant was waited for: half of them "
      "less than the full line (p50), 99 of 100 less than the broken one (p99). Below, each run's "
      "verdict: ✓ valid, ✗ violated, ? unknown.</p>\n";
  for (const auto& [group, runs] : groups) {
    html += "<h3>" + html_text(group.first) + ", " + html_text(group.second) + "</h3>\n" +
            trend_svg(runs);
  }
  return html;
}

std::string unreadable(const std::vector<IndexedRun>& runs) {
  std::string rows;
  for (const IndexedRun& run : runs) {
    if (run.report) continue;
    rows += "<tr><td class=\"name\"><a href=\"" + index_link(run.path) + "\">" +
            html_text(run.path) + "</a></td><td>" + html_text(run.problem) + "</td></tr>\n";
  }
  if (rows.empty()) return {};
  return "<h2>Not readable</h2>\n<div class=\"scroll\"><table><thead><tr><th scope=\"col\">folder"
         "</th><th scope=\"col\">why</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div>\n";
}

}  // namespace

std::string index_link(const std::string& path) {
  static constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~/";
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string link = "./";
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      link += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    link += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  return link;
}

const char* verdict_sign(const std::string& verdict) {
  return verdict == "valid" ? "✓" : verdict == "violated" ? "✗" : "?";
}

std::string index_html(const std::string& about, std::int64_t made_unix_ms,
                       const std::vector<IndexedRun>& runs) {
  std::vector<const IndexedRun*> newest_first;
  std::size_t others = 0;
  for (const IndexedRun& run : runs) {
    if (!run.report) continue;
    newest_first.push_back(&run);
    if (otherwise(*run.report)) ++others;
  }
  std::stable_sort(newest_first.begin(), newest_first.end(),
                   [](const IndexedRun* a, const IndexedRun* b) {
                     return a->report->started_unix_ms > b->report->started_unix_ms;
                   });
  std::string html =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
      "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; "
      "form-action 'none'; script-src " +
      hash_source(kIndexScript) + "; style-src " + hash_source(kIndexStyle) +
      "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta "
      "name=\"color-scheme\" content=\"light dark\">\n<title>Runs of " +
      html_text(about) + "</title>\n<style>" + std::string(kIndexStyle) +
      "</style>\n</head>\n<body>\n<h1>Runs of " + html_text(about) + "</h1>\n<p>" +
      counted(newest_first.size(), "run") + ", " +
      (others == 0 ? "all as their scenarios expect"
                   : "<strong>" + grouped(others) + " otherwise than expected</strong>");
  const std::size_t broken = runs.size() - newest_first.size();
  if (broken != 0) html += "; " + counted(broken, "folder") + " not readable";
  html += ".</p>\n<p class=\"faint\">Made " + utc_time(made_unix_ms) + ".</p>\n";
  html += runs_table(newest_first) + trends(newest_first) + unreadable(runs);
  return html + "<script>" + std::string(kIndexScript) + "</script>\n</body>\n</html>\n";
}

}  // namespace holdfast::harness
