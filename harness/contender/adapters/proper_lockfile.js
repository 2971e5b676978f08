#!/usr/bin/env node
// npm's proper-lockfile as a contender: the contender protocol on standard input and output.
//
// A lock is a lease of at least two seconds, which the library renews by itself, every half of it.
// A hold is credited with its first lease alone: what it renews cannot be told from here.
'use strict';

// Where Debian keeps packages; a node of another origin does not look there.
process.env.NODE_PATH = [process.env.NODE_PATH, '/usr/share/nodejs'].filter(Boolean).join(':');
require('module').Module._initPaths();

const lockfile = require('proper-lockfile');
const { version } = require('proper-lockfile/package.json');

const kVersion = 1;
const kShortest = 2000;
let options = null;
let path = '';
let release = null;
let compromised = false;
let stopping = false;

process.on('SIGTERM', () => { stopping = true; });

const fail = (why, message) => ({ ok: false, why, message });

const operations = {
  hello(request) {
    if ((request.version ?? kVersion) !== kVersion) return fail('error', 'speaks version 1');
    const unknown = Object.keys(request.options ?? {})[0];
    if (unknown) return fail('error', `there is no option ${unknown}: leave it away`);
    if (request.lifetime_ms < kShortest) return fail('error', 'stale is at least 2000 ms');
    path = request.lock;
    options = {
      stale: request.lifetime_ms,
      realpath: false,
      lockfilePath: path,
      onCompromised: () => { compromised = true; },
    };
    return { ok: true, version: kVersion, name: `proper-lockfile ${version}`, leases: true,
             cancel: true, margin_ms: 1000 };
  },

  async acquire(request) {
    stopping = compromised = false;
    const end = request.timeout_ms < 0 ? Infinity : Date.now() + request.timeout_ms;
    for (;;) {
      try {
        release = await lockfile.lock(path, options);
        return { ok: true };
      } catch (error) {
        if (error.code !== 'ELOCKED') throw error;
      }
      if (stopping) return fail('cancelled');
      if (Date.now() >= end) return fail('timeout');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  },

  async release() {
    if (compromised) return fail('lost');
    await release();
    return { ok: true };
  },
};

async function answer(line) {
  const request = JSON.parse(line);
  if (!Object.hasOwn(operations, request.op)) {
    return fail('error', `there is no operation ${request.op}`);
  }
  try {
    return await operations[request.op](request);
  } catch (error) {
    if (error.code === 'ERELEASED' || error.code === 'ENOTACQUIRED') return fail('lost');
    return fail('error', String(error));
  }
}

(async () => {
  for await (const line of require('readline').createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
  }
})();
