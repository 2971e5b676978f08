// How far a host's wall clock is to be off, and was measured to be, at every instant: what clock
// faults came to, one after the other.
//
// A clock fault says how the clock stands and goes from then on, whatever was done to it before:
// the nemesis adds up steps itself, and a fault that only sets the rate has the offset that the
// clock had reached. So the latest one counts, until the next one, or until it is over.

// From the end of one change to the beginning of the next nothing is done to a clock; between them
// only the machine's being busy passes.
const kBetweenChanges = 50e6;

// What was tried but could not be is over as soon as it began, and leaves the clock as it is.
function wasApplied(fault) {
  return fault.effective || fault.end_ns === null || fault.end_ns > fault.start_ns;
}

// Of each host that clock faults hit, what was in force when: [{from, until, planned, measured}],
// in order. `measured` is null where what was found was not what was asked for.
export function clockChanges(report) {
  const hosts = new Map(), end = report.run.duration_ns;
  for (const fault of report.faults) {
    if (fault.kind !== "clock" || !wasApplied(fault)) continue;
    const host = fault.hit ?? fault.target;
    if (!hosts.has(host)) hosts.set(host, []);
    // One that was not as asked for was measured once; it stays until somebody changes it.
    const over = fault.effective && fault.end_ns !== null && fault.end_ns < end;
    hosts.get(host).push({from: fault.start_ns, until: over ? fault.end_ns : Infinity,
      planned: fault.planned, measured: fault.measured});
  }
  for (const changes of hosts.values()) {
    changes.sort((a, b) => a.from - b.from);
    changes.forEach((change, i) => {
      const next = changes[i + 1]?.from ?? Infinity;
      if (next - change.until < kBetweenChanges) change.until = next;
    });
  }
  return hosts;
}

function offsetOf(change, effect, at) {
  return effect.offset_ns + (effect.rate - 1) * (at - change.from);
}

// {planned, measured} at this instant, in nanoseconds ahead; null: not known.
export function clockOffAt(changes, at) {
  const change = changes.findLast((it) => it.from <= at && at < it.until);
  if (change === undefined) return {planned: 0, measured: 0};
  return {planned: offsetOf(change, change.planned, at),
    measured: change.measured === null ? null : offsetOf(change, change.measured, at)};
}

// The instants that a line of it needs: both sides of each change, and some between where it goes
// at a rate of its own, most of them at its beginning: the axis has steps of ten.
export function instantsOf(changes, end) {
  return changes.flatMap(({from, until, planned}) => {
    const last = Math.min(until, end), steps = planned.rate === 1 ? 0 : 24;
    return [from - 1, from, ...Array.from({length: steps}, (_, i) =>
      from + (last - from) * 10 ** ((i - steps) / 4)), last - 1, last]
      .filter((at) => at >= 0 && at <= end);
  });
}
