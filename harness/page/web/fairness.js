// Who was granted how much, and who followed whom.
import {counted, duration, grouped} from "./figures.js";
import {el, facts, section, table} from "./dom.js";

// The stronger the colour, the more often; the number stands in it.
function matrix(follows) {
  const most = Math.max(1, ...follows.counts.flat());
  const cell = (count) => {
    const made = el("td", {class: "heat"}, count === 0 ? "" : grouped(count));
    made.style.setProperty("--share", `${Math.round(70 * count / most)}%`);
    return made;
  };
  const caption = `Who (column) was granted a lock right after whom (row), by ${follows.by}`;
  return el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
    el("table", {class: "matrix"}, el("caption", null, caption),
      el("thead", null, el("tr", null, el("th", {scope: "col"}, "after"),
        follows.names.map((name) => el("th", {scope: "col"}, el("span", null, name))))),
      el("tbody", null, follows.counts.map((row, i) => el("tr", null,
        el("th", {scope: "row"}, follows.names[i]), row.map(cell))))));
}

function shares(follows) {
  const all = follows.grants.reduce((sum, it) => sum + it, 0);
  const most = Math.max(1, ...follows.grants);
  const rows = follows.grants.map((count, i) => {
    const bar = el("span", {class: "share"});
    bar.style.width = `${Math.round(100 * count / most)}%`;
    return [follows.names[i], grouped(count),
      all === 0 ? "" : `${(100 * count / all).toFixed(1)} %`, bar];
  });
  return table("Grants", [["who"], ["grants", "number"], ["share", "number"], ["", "wide"]],
    rows, 40);
}

export function fairnessSection(report, follows) {
  const it = report.liveness;
  return section("fairness", "Fairness",
    facts([
      ["Jain's index", `${it.jain.toFixed(3)} (1: all alike), least of any lock ` +
        it.jain_least.toFixed(3)],
      ["longest wait",
        [duration(it.longest_wait_ns), it.longest_waiter].filter(Boolean).join(", ")],
      ["most often overtaken", it.most_bypassed_waiter
        ? `${it.most_bypassed_waiter}, ${counted(it.most_bypassed, "time")} in one wait`
        : "nobody"],
      ["wedges: a lock that nobody got while somebody waited", it.wedges === null
        ? "nobody looked" : grouped(it.wedges)],
      ["waits beyond the scenario's bounds", it.starvations === null ? null
        : grouped(it.starvations)],
      ["recoveries beyond the scenario's bound", it.slow_recoveries === null ? null
        : grouped(it.slow_recoveries)],
      ["left behind", it.left_behind_count === 0 ? "nothing"
        : `${grouped(it.left_behind_count)}: ${it.left_behind.slice(0, 20).join(", ")}`],
    ]),
    follows === null ? el("p", null,
      "Who followed whom is not told: nothing was judged, or there are too many hosts for a table.")
      : el("div", {class: "plots"}, shares(follows), matrix(follows)));
}
