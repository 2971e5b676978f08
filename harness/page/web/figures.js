// Figures as people read them: "1,520", "9.8 ms", "4.812345".

export function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

const kUnits = [[1, "ns"], [1e3, "us"], [1e6, "ms"], [1e9, "s"], [60e9, "min"], [3600e9, "h"]];

// Three digits that say something, and the unit.
export function duration(ns) {
  if (ns === null || ns === undefined || Number.isNaN(ns)) return "";
  const size = Math.abs(ns);
  let [scale, unit] = kUnits[0];
  for (const [from, name] of kUnits) {
    if (size >= from) [scale, unit] = [from, name];
  }
  const value = ns / scale;
  const digits = Math.abs(value) >= 100 || scale === 1 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "")} ${unit}`;
}

// An instant since the run's start in seconds, to the microsecond: races are short.
export function instant(ns) {
  return ns === null || ns === undefined ? "never" : (ns / 1e9).toFixed(6);
}

// Of seconds already, without digits that say nothing.
export function seconds(value) {
  return `${Number(value.toPrecision(6))} s`;
}

export function signedDuration(ns) {
  return ns > 0 ? `+${duration(ns)}` : duration(ns);
}

export function counted(count, noun, nouns = `${noun}s`) {
  return `${grouped(count)} ${count === 1 ? noun : nouns}`;
}

// "out_of_contract" as words.
export function spaced(name) {
  return String(name ?? "").replaceAll("_", " ");
}

export function bytes(count) {
  if (count === null) return "";
  return count >= 2 ** 30 ? `${(count / 2 ** 30).toFixed(1)} GiB`
    : `${(count / 2 ** 20).toFixed(0)} MiB`;
}
