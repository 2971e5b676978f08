// The run's holds, as timeline.cc packed them, in columns of numbers.

class Packed {
  constructor(base64) {
    const text = atob(base64);
    this.bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; ++i) this.bytes[i] = text.charCodeAt(i);
    this.at = 0;
  }

  next() {
    let byte = this.bytes[this.at++];
    if (byte < 128) return byte;
    let value = byte & 127;
    for (let scale = 128; ; scale *= 128) {
      byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  nextSigned() {
    const value = this.next();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  // Exact also beyond 2^53: tokens have 64 bits.
  nextExact() {
    const from = this.at;
    const value = this.nextSigned();
    if (Math.abs(value) < 2 ** 52) return BigInt(value);
    this.at = from;
    let bits = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.bytes[this.at++];
      bits |= BigInt(byte & 127) << shift;
      if (byte < 128) return bits & 1n ? -(bits >> 1n) - 1n : bits >> 1n;
    }
  }
}

export const kEnds = ["released", "killed or ended", "abandoned", "not seen"];
const kHasToken = 8, kTold = 16, kLeaseEnds = 32;

function holdColumns(count) {
  const numbers = () => new Float64Array(count);
  return {count, worker: new Uint32Array(count), lock: new Uint16Array(count), sent: numbers(),
    from: numbers(), until: numbers(), gone: numbers(), leaseEnd: numbers(), told: numbers(),
    end: new Uint8Array(count), token: new BigUint64Array(count), gaps: new Map()};
}

// holds_packed.cc says what follows what.
function readHolds(told) {
  const packed = new Packed(told.packed), holds = holdColumns(told.count);
  let from = 0, token = 0n;
  for (let i = 0; i < told.count; ++i) {
    holds.worker[i] = packed.next();
    holds.lock[i] = packed.next();
    holds.from[i] = from += packed.nextSigned();
    holds.sent[i] = from - packed.next();
    const until = holds.until[i] = from + packed.next();
    holds.gone[i] = until + packed.next();
    const flags = packed.next();
    holds.end[i] = flags & 3;
    if (flags & kHasToken) holds.token[i] = token = BigInt.asUintN(64, token + packed.nextExact());
    holds.leaseEnd[i] = flags & kLeaseEnds ? until + packed.nextSigned() : Infinity;
    holds.told[i] = flags & kTold ? from + packed.next() : NaN;
    const gaps = packed.next();
    for (let gap = 0; gap < gaps; ++gap) {
      const begins = from + packed.next();
      if (gap === 0) holds.gaps.set(i, []);
      holds.gaps.get(i).push({from: begins, until: begins + packed.next()});
    }
  }
  return holds;
}

export const kDone = 2;
export const kOutcomes = {1: "never came back", 2: "ok", 3: "failed", 4: "unknown outcome"};
export const kWhys = ["", "timeout", "lost", "error", "cancelled", "stale token", "not held",
  "contender error"];

// Acquires that were not granted, or, with the end of the lease that each brought (0: none),
// renewals. calls_packed.cc packs them.
function readCalls(told, renew) {
  const packed = new Packed(told.packed), count = told.count;
  const calls = {count, worker: new Uint32Array(count), lock: new Uint16Array(count),
    sent: new Float64Array(count), back: new Float64Array(count),
    outcome: new Uint8Array(count), why: new Uint8Array(count), lease: new Float64Array(count)};
  let sent = 0;
  for (let i = 0; i < count; ++i) {
    calls.worker[i] = packed.next();
    calls.lock[i] = packed.next();
    calls.sent[i] = sent += packed.nextSigned();
    calls.back[i] = sent + packed.next();
    calls.outcome[i] = packed.next();
    calls.why[i] = packed.next();
    const lasts = renew ? packed.next() : 0;
    calls.lease[i] = lasts === 0 ? 0 : calls.back[i] + lasts;
  }
  return calls;
}

export const kFileOps = ["", "rename", "link", "unlink", "open to create", "open", "mkdir", "rmdir",
  "symlink", "utime", "stat", "list", "sync"];

// File operations; `errors` has the names of what they failed with. files_packed.cc packs them.
function readFiles(told) {
  const packed = new Packed(told.packed), count = told.count;
  const files = {count, errors: told.errors, worker: new Uint32Array(count),
    began: new Float64Array(count), at: new Float64Array(count), op: new Uint8Array(count),
    error: new Uint32Array(count)};
  let at = 0;
  for (let i = 0; i < count; ++i) {
    files.worker[i] = packed.next();
    files.at[i] = at += packed.nextSigned();
    files.began[i] = at - packed.next();
    files.op[i] = packed.next();
    files.error[i] = packed.next();
  }
  return files;
}

// Whether anybody of this lane was inside after its lease's end, by the sketch of a long run.
export function sketchedOverstay({sketch}, lane) {
  if (!sketch) return false;
  const {overstayed, stretches} = sketch;
  return overstayed.subarray(lane * stretches, (lane + 1) * stretches).some((it) => it > 0);
}

function readSketch(told, lanes) {
  const packed = new Packed(told.packed), count = lanes * told.stretches;
  const sketch = {stretch: told.stretch_ns, stretches: told.stretches,
    grants: new Uint32Array(count), inside: new Uint8Array(count),
    overstayed: new Uint8Array(count)};
  for (let i = 0; i < count; ++i) {
    sketch.grants[i] = packed.next();
    sketch.inside[i] = packed.next();
    sketch.overstayed[i] = packed.next();
  }
  return sketch;
}

// Lists of indices by lane, each in the order of time.
function byLane(count, workers, laneOf, lanes) {
  const sizes = new Uint32Array(lanes);
  for (let i = 0; i < count; ++i) ++sizes[laneOf[workers[i]]];
  const lists = Array.from(sizes, (size) => new Uint32Array(size));
  sizes.fill(0);
  for (let i = 0; i < count; ++i) {
    const lane = laneOf[workers[i]];
    lists[lane][sizes[lane]++] = i;
  }
  return lists;
}

// null where the history was not fit for judging: there is nothing to draw.
export function readTimeline(told) {
  if (told.holds === null) return null;
  const laneOf = told.workers.map((worker) => worker.lane);
  const lanes = [];
  for (const worker of told.workers) {
    lanes[worker.lane] ??= {name: worker.name.replace(/'\d+$/, ""), host: told.hosts[worker.host]};
  }
  const holds = readHolds(told.holds), refusals = readCalls(told.refusals, false);
  const renewals = readCalls(told.renewals, true);
  const files = readFiles(told.files);
  return {
    start: told.start_ns, end: told.end_ns, leases: told.leases, locks: told.locks,
    hosts: told.hosts, workers: told.workers, laneOf, lanes, holds, refusals, renewals, files,
    holdsOf: byLane(holds.count, holds.worker, laneOf, lanes.length),
    refusalsOf: byLane(refusals.count, refusals.worker, laneOf, lanes.length),
    renewalsOf: byLane(renewals.count, renewals.worker, laneOf, lanes.length),
    filesOf: byLane(files.count, files.worker, laneOf, lanes.length),
    allHolds: told.holds.of, allRefusals: told.refusals.of,
    allRenewals: told.renewals.of, allFiles: told.files.of,
    sketch: told.sketch && readSketch(told.sketch, lanes.length),
  };
}

// Where in a lane's list the first hold is that may reach beyond `at`.
export function firstAfter(list, ends, at) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[list[middle]] <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The stretches of a hold in which its lease was over.
export function overstays(timeline, hold) {
  const {holds} = timeline, until = holds.until[hold];
  const gaps = (holds.gaps.get(hold) ?? []).map((gap) =>
    ({from: gap.from, until: Math.min(gap.until, until)}));
  // A lease may be over before the call has come back with it.
  const end = Math.max(holds.leaseEnd[hold], holds.from[hold]);
  if (end < until) gaps.push({from: end, until});
  return gaps.filter((gap) => gap.until > gap.from);
}

// The stretches for which a hold was entitled by leases. The last goes on to its end although its
// holder died or says no more; what was given back is free.
export function leases(timeline, hold) {
  const {holds} = timeline, spans = [], released = holds.end[hold] === 0;
  if (holds.leaseEnd[hold] === Infinity) return [];
  let from = holds.from[hold];
  for (const gap of holds.gaps.get(hold) ?? []) {
    spans.push({from, until: gap.from});
    from = gap.until;
  }
  spans.push({from, until: released ? Math.min(holds.leaseEnd[hold], holds.gone[hold])
    : holds.leaseEnd[hold]});
  return spans.filter((span) => span.until > span.from);
}

// The row of one of the columns above whose worker has this name and whose `column` is `at`.
export function findRow(timeline, rows, column, workerName, at) {
  for (let i = 0; i < rows.count; ++i) {
    if (rows[column][i] === at && timeline.workers[rows.worker[i]].name === workerName) return i;
  }
  return -1;
}

// Whether the holder asked for this renewal while it had this hold.
function renews({renewals, holds}, renewal, hold) {
  return renewals.worker[renewal] === holds.worker[hold] &&
    renewals.lock[renewal] === holds.lock[hold] &&
    renewals.sent[renewal] >= holds.from[hold] && renewals.sent[renewal] <= holds.until[hold];
}

export function renewalsDuring(timeline, hold) {
  const {renewalsOf, holds, laneOf} = timeline;
  return renewalsOf[laneOf[holds.worker[hold]]].filter((i) => renews(timeline, i, hold));
}

// The hold that a renewal was for; -1: it is not among those that are told one by one.
export function holdOfRenewal(timeline, renewal) {
  const {renewals, holdsOf, laneOf} = timeline;
  return holdsOf[laneOf[renewals.worker[renewal]]].find((hold) =>
    renews(timeline, renewal, hold)) ?? -1;
}

// The file operations of a hold's worker from when it asked until it had given the lock back.
export function filesDuring(timeline, hold) {
  const {files, filesOf, holds, laneOf} = timeline, worker = holds.worker[hold];
  const list = filesOf[laneOf[worker]], found = [];
  for (let i = firstAfter(list, files.at, holds.sent[hold]); i < list.length; ++i) {
    if (files.began[list[i]] > holds.gone[hold]) break;
    if (files.worker[list[i]] === worker) found.push(list[i]);
  }
  return found;
}
