#include "harness/page/page.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/page/packed.h"
#include "harness/page/timeline.h"
#include "harness/page/web_parts.h"
#include "harness/report/markup.h"
#include "harness/report/report_words.h"
#include "harness/report/stored_file.h"
#include "harness/report/text_parts.h"

namespace holdfast::harness {
namespace {

std::string joined(web::Pieces pieces) {
  std::string text;
  for (const std::string_view piece : pieces) text += piece;
  return text;
}

/// The base64 form of a hash that the build tells in hexadecimal.
std::string hash_source(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16));
  }
  return "'sha256-" + base64(bytes) + "'";
}

/// Nothing is loaded, and no script or style counts but those that the build put in.
std::string policy() {
  return "default-src 'none'; base-uri 'none'; form-action 'none'; script-src " +
         hash_source(web::kScriptSha256) + "; style-src " + hash_source(web::kStyleSha256);
}

/// Running text becomes paragraphs; a story, whose lines stand further in, keeps its lines.
std::string paragraphs(const std::string& words) {
  std::string html, open;
  const auto turn_to = [&](const std::string& tag) {
    if (open == tag) return;
    if (!open.empty()) html += "</" + open + ">\n";
    if (!tag.empty()) html += "<" + tag + ">";
    open = tag;
  };
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find('\n', at), words.size());
    const std::string line = words.substr(at, end - at);
    const std::size_t margin = line.find_first_not_of(' ');
    at = end + 1;
    if (margin == std::string::npos) {
      turn_to("");
      continue;
    }
    const std::string tag = margin > 2 ? "pre" : "p";
    if (open == tag) html += tag == "pre" ? "\n" : " ";
    turn_to(tag);
    html += html_text(line.substr(margin));
  }
  turn_to("");
  return html;
}

std::string seed_of(const Report& report) {
  return report.scenario.seed ? print_seed(*report.scenario.seed) : "none";
}

/// What is there without scripts, too: verdict, plain words, figures, the command that repeats it.
std::string static_part(const Report& report) {
  const std::string value(name(report.verdict.value));
  std::string html = "<header id=\"verdict\" class=\"verdict " + value + "\">\n<h1><span>" + value +
                     "</span> " + html_text(report.scenario.name) + "</h1>\n<p class=\"origin\">" +
                     html_text(report.facts.contender) + ", seed " + html_text(seed_of(report)) +
                     "; expected: " + html_text(expected_words(report.scenario.expect)) +
                     "</p>\n<div id=\"words\">\n" + paragraphs(plain_words(report)) + "</div>\n";
  if (!report.facts.again.empty()) {
    html += "<p>To repeat this run:</p>\n<pre id=\"again\">" + html_text(report.facts.again) +
            "</pre>\n";
  }
  html +=
      "<noscript><p>This page draws with a script, which is not allowed to run here. What "
      "stands above and below needs none; everything is in report.json.</p>\n<pre>";
  for (const char c : figure_lines(report)) html += c == '\n' ? "\n" : html_text({&c, 1});
  return html + "</pre></noscript>\n</header>\n";
}

std::string data_block(const std::string& id, const std::string& json) {
  return "<script type=\"application/json\" id=\"data-" + id + "\">" + html_json(json) +
         "</script>\n";
}

}  // namespace

std::string page_html(const Report& report, const History& history, const std::string& story) {
  std::string html = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += "<meta http-equiv=\"Content-Security-Policy\" content=\"" + policy() + "\">\n";
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
          std::string(name(report.verdict.value)) + " " + html_text(report.scenario.name) +
          "</title>\n<style>" + joined(web::kStyle) + "</style>\n</head>\n<body>\n";
  html += static_part(report);
  html += "<main id=\"page\"></main>\n";
  html += data_block("report", report_json(report));
  html += data_block("timeline", timeline_json(report, history));
  html += data_block("story", story);
  html += "<!--\n" + joined(web::kNotices) + "-->\n";
  html += "<script>" + joined(web::kScript) + "</script>\n</body>\n</html>\n";
  return html;
}

Result<std::string> page_of_run(const std::string& run_directory, const Report& report,
                                const History& history) {
  const std::string path = run_directory + "/story.json";
  std::error_code unseen;  // what cannot be looked at is not there
  if (!std::filesystem::exists(path, unseen)) return page_html(report, history);
  const auto stored = read_stored(path);
  if (!stored) return tl::unexpected(stored.error());
  if (!nlohmann::json::accept(*stored)) return problem(path, "is no JSON");
  return page_html(report, history, *stored);
}

Result<void> write_page(const std::string& run_directory, const Report& report,
                        const History& history) {
  const auto page = page_of_run(run_directory, report, history);
  if (!page) return tl::unexpected(page.error());
  return write_stored(run_directory + "/report.html", *page);
}

}  // namespace holdfast::harness
