// How waits went from run to run, as a picture that the program draws itself.
#include <algorithm>
#include <cmath>

#include "harness/archive/index_parts.h"
#include "harness/report/figures.h"
#include "harness/report/markup.h"

namespace holdfast::harness {
namespace {

constexpr double kWidth = 720, kHeight = 190;
constexpr double kLeft = 70, kRight = 20, kTop = 14, kBottom = 44;
constexpr std::size_t kMostPoints = 200;

struct Point {
  const IndexedRun* run = nullptr;
  double p50 = 0, p99 = 0;  ///< logarithms of nanoseconds; NaN: there is none
};

/// Whole decades that hold all points.
struct Scale {
  double low = 3, high = 4;
  double y(double value) const {
    return kTop + (high - value) / (high - low) * (kHeight - kTop - kBottom);
  }
};

std::string number(double value) { return with_decimals(value, 1); }

double logarithm(std::int64_t ns) {
  return std::log10(static_cast<double>(std::max<std::int64_t>(ns, 1)));
}

std::vector<Point> points_of(const std::vector<const IndexedRun*>& runs) {
  std::vector<Point> points;
  const std::size_t first = runs.size() > kMostPoints ? runs.size() - kMostPoints : 0;
  for (std::size_t i = first; i < runs.size(); ++i) {
    const StoredLatency& wait = runs[i]->report->latency.at("wait");
    const bool any = wait.count != 0;
    points.push_back({runs[i], any ? logarithm(wait.p50_ns) : std::nan(""),
                      any ? logarithm(wait.p99_ns) : std::nan("")});
  }
  return points;
}

Scale scale_of(const std::vector<Point>& points) {
  Scale scale{1e9, -1e9};
  for (const Point& point : points) {
    if (std::isnan(point.p50)) continue;
    scale.low = std::min(scale.low, std::floor(point.p50));
    scale.high = std::max(scale.high, std::ceil(point.p99));
  }
  if (scale.high < scale.low) return {};
  if (scale.high <= scale.low) scale.high = scale.low + 1;
  return scale;
}

double x_of(std::size_t i, std::size_t count) {
  const double space = kWidth - kLeft - kRight;
  return count < 2 ? kLeft + space / 2
                   : kLeft + space * static_cast<double>(i) / static_cast<double>(count - 1);
}

/// A line for each decade, with what it stands for.
std::string axis(const Scale& scale) {
  std::string svg;
  for (double decade = scale.low; decade <= scale.high; ++decade) {
    const std::string y = number(scale.y(decade));
    svg += "<line class=\"axis\" x1=\"" + number(kLeft) + "\" x2=\"" + number(kWidth - kRight) +
           "\" y1=\"" + y + "\" y2=\"" + y + "\"/><text x=\"" + number(kLeft - 8) + "\" y=\"" +
           number(scale.y(decade) + 4) + "\" text-anchor=\"end\">" +
           set_duration(std::llround(std::pow(10, decade))) + "</text>\n";
  }
  return svg;
}

/// Broken where a run has no grant.
std::string line(const std::vector<Point>& points, double Point::*of, const char* kind,
                 const Scale& scale) {
  std::string svg, stretch;
  const auto end = [&] {
    if (!stretch.empty()) {
      svg += std::string("<polyline class=\"") + kind + "\" points=\"" + stretch + "\"/>\n";
    }
    stretch.clear();
  };
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (std::isnan(points[i].*of)) {
      end();
      continue;
    }
    stretch += number(x_of(i, points.size())) + "," + number(scale.y(points[i].*of)) + " ";
  }
  end();
  return svg;
}

std::string about(const StoredReport& report) {
  const StoredLatency& wait = report.latency.at("wait");
  std::string words = utc_time(report.started_unix_ms) + ": " + report.verdict;
  if (!report.found.empty()) words += " " + report.found;
  if (wait.count != 0) {
    words += ", wait p50 " + human_duration(wait.p50_ns) + ", p99 " + human_duration(wait.p99_ns);
  }
  return words;
}

/// The points of one run and its verdict: a link to it, with all of it told.
std::string mark(const Point& point, double x, const Scale& scale) {
  const StoredReport& report = *point.run->report;
  std::string svg =
      "<a href=\"" +
      index_link(point.run->path + (point.run->has_page ? "/report.html" : "/report.json")) +
      "\"><title>" + html_text(about(report)) + "</title>";
  const auto circle = [&](double value, const char* kind) {
    if (std::isnan(value)) return;
    svg += "<circle class=\"" + std::string(kind) + "\" cx=\"" + number(x) + "\" cy=\"" +
           number(scale.y(value)) + "\" r=\"3.5\"/>";
  };
  circle(point.p50, "p50");
  circle(point.p99, "p99");
  return svg + "<text class=\"" + html_text(report.verdict) + "\" x=\"" + number(x) + "\" y=\"" +
         number(kHeight - kBottom + 20) + "\" text-anchor=\"middle\">" +
         verdict_sign(report.verdict) + "</text></a>\n";
}

}  // namespace

std::string trend_svg(const std::vector<const IndexedRun*>& runs) {
  if (runs.empty()) return {};
  const std::vector<Point> points = points_of(runs);
  const Scale scale = scale_of(points);
  std::string svg = "<svg viewBox=\"0 0 " + number(kWidth) + " " + number(kHeight) +
                    "\" role=\"group\" aria-label=\"wait from run to run, the last " +
                    counted(points.size(), "run") + "\">\n" + axis(scale) +
                    line(points, &Point::p99, "p99", scale) +
                    line(points, &Point::p50, "p50", scale);
  for (std::size_t i = 0; i < points.size(); ++i) {
    svg += mark(points[i], x_of(i, points.size()), scale);
  }
  const std::string y = number(kHeight - 6);
  svg += "<text x=\"" + number(kLeft) + "\" y=\"" + y + "\">" +
         utc_time(points.front().run->report->started_unix_ms).substr(0, 10) + "</text>";
  svg += "<text x=\"" + number(kWidth - kRight) + "\" y=\"" + y + "\" text-anchor=\"end\">" +
         utc_time(points.back().run->report->started_unix_ms).substr(0, 10) + "</text>\n";
  return svg + "</svg>\n";
}

}  // namespace holdfast::harness
