#!/usr/bin/python3
"""The contender protocol (../README.md) for locks that are written in Python, or called from it.

A lock is a class that derives from `Contender`. Its file ends with `serve(Lock)`; or it is run by
this one, which serves the class `Lock` of the file that it is given:

    contender.py FILE
"""

import ctypes
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time

VERSION = 1


class TimedOut(Exception):
    """An acquire's patience is over, and another has the lock."""


class Lost(Exception):
    """The lock is another's, or nobody's: there is nothing to refresh or to release."""


class GivenUp(Exception):
    """The harness asked, by SIGTERM, to give up an acquire."""


class Contender:
    """One party's access to one lock. What it does not offer it leaves as it is here."""

    name = ""
    # Debian's, where the version is asked for that comes after the name.
    package = ""
    leases = False
    tokens = False
    refreshes = False
    states = False
    cancels = True
    margin_ms = 0
    keeps = []
    # Of a lock that can only be tried: seconds between two tries.
    pause = 0.003

    def __init__(self, path, lifetime, worker, options):
        """`lifetime` in seconds. Raises ValueError for what the lock cannot express."""
        self.path = path
        self.lifetime = lifetime
        self.worker = worker
        self.stopping = False
        if options:
            raise ValueError(f"this lock has no option {sorted(options)[0]!r}: leave it away")

    def attempt(self):
        """One try: whether it is ours now; or the token of this grant."""
        raise NotImplementedError

    def acquire(self, patience):
        """`patience` in seconds, None: for ever. Returns what `attempt` did.

        Raises TimedOut, and GivenUp once `stopping` is set.
        """
        end = None if patience is None else time.monotonic() + patience
        while not (got := self.attempt()):
            if self.stopping:
                raise GivenUp
            if end is not None and time.monotonic() >= end:
                raise TimedOut
            time.sleep(self.pause)
        return got

    def refresh(self):
        """Raises Lost."""
        raise NotImplementedError

    def release(self):
        """Raises Lost."""
        raise NotImplementedError

    def state(self):
        """"mine", "other" or "free", looked up afresh and without changing anything."""
        raise NotImplementedError

    def stop(self):
        """A signal's handler: the harness wants a waiting acquire to end."""
        self.stopping = True


class Server:
    """Answers requests for one lock."""

    def __init__(self, kind):
        self.kind = kind
        self.lock = None

    def hello(self, request):
        if request.get("version", 1) != VERSION:
            raise ValueError(f"this program speaks version {VERSION} of the contender protocol")
        self.lock = self.kind(request["lock"], request["lifetime_ms"] / 1000, request["worker"],
                              request.get("options", {}))
        lock = self.lock
        version = debian_version(lock.package) if lock.package else ""
        return {"version": VERSION, "name": lock.name + version, "leases": lock.leases,
                "tokens": lock.tokens, "refresh": lock.refreshes, "state": lock.states,
                "cancel": lock.cancels, "margin_ms": lock.margin_ms, "keeps": lock.keeps}

    def acquire(self, request):
        timeout_ms = request.get("timeout_ms", -1)
        self.lock.stopping = False
        got = self.lock.acquire(None if timeout_ms < 0 else timeout_ms / 1000)
        return {"token": got} if self.lock.tokens else {}

    def refresh(self, _request):
        self.lock.refresh()
        return {}

    def release(self, _request):
        self.lock.release()
        return {}

    def state(self, _request):
        return {"state": self.lock.state()}

    def answer(self, request):
        operation = request.get("op")
        known = {"hello": self.hello, "acquire": self.acquire, "refresh": self.refresh,
                 "release": self.release, "state": self.state}
        try:
            if operation not in known:
                raise ValueError(f"there is no operation {operation!r}")
            if self.lock is None and operation != "hello":
                raise ValueError("hello comes first")
            return {"ok": True} | known[operation](request)
        except TimedOut:
            return {"ok": False, "why": "timeout"}
        except GivenUp:
            return {"ok": False, "why": "cancelled"}
        except Lost:
            return {"ok": False, "why": "lost"}
        except Exception as error:  # whatever the lock may raise: told, with its text
            return {"ok": False, "why": "error", "message": f"{type(error).__name__}: {error}"}

    def give_up(self, _signal, _frame):
        if self.lock is not None:
            self.lock.stop()


def debian_version(package):
    """" 1.17-1", of the installed package; nothing where Debian does not keep it."""
    asked = ["dpkg-query", "-W", "-f", "${Version}", package]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f" {told}"


def without_group_bits():
    """The programs that this one calls get no rights of a group by their set-group-ID bit.

    They need none in a directory of one's own; and into one with such rights the loader would not
    let the library that records file operations.
    """
    no_new_privileges = 38  # PR_SET_NO_NEW_PRIVS, which children inherit
    if ctypes.CDLL(None, use_errno=True).prctl(no_new_privileges, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS)")


def serve(kind):
    server = Server(kind)
    signal.signal(signal.SIGTERM, server.give_up)
    for line in sys.stdin:
        print(json.dumps(server.answer(json.loads(line))), flush=True)


def load(file):
    sys.path.insert(0, os.path.dirname(os.path.abspath(file)))
    spec = importlib.util.spec_from_file_location("lock_under_test", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Lock


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    # Not this module's own classes: the lock's file has those of the module that it imports.
    import contender

    contender.serve(contender.load(sys.argv[1]))
