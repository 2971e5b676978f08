#!/usr/bin/python3
"""flufl.lock as a contender: the contender protocol on standard input and output.

The lock is used as its documentation says, with nothing put right: what it does under a harness is
what it does to its users. It declares no bounds for clock differences, as it documents none.
"""

import importlib.metadata
import json
import signal
import sys

from flufl.lock import Lock, LockError, NotLockedError, TimeOutError

VERSION = 1
# What flufl.lock waits beyond a lifetime before it breaks a lock, and its longest sleep in between.
MARGIN_MS = 10_000 + 2_010


class GivenUp(Exception):
    """The harness asked, by SIGTERM, to give up an acquire."""


class Adapter:
    def __init__(self):
        self.lock = None
        self.waiting = False

    def give_up(self, _signal, _frame):
        # Outside of an acquire there is nothing to give up: the request came too late.
        if self.waiting:
            self.waiting = False
            raise GivenUp

    def hello(self, request):
        if request.get("version", 1) != VERSION:
            return refusal(f"this adapter speaks version {VERSION} of the contender protocol")
        options = request.get("options", {})
        if options:
            return refusal(f"flufl.lock has no option {sorted(options)[0]!r}: leave it away")
        lifetime_ms = request["lifetime_ms"]
        if lifetime_ms <= 0 or lifetime_ms % 1000:
            return refusal(
                f"a lifetime of {lifetime_ms} ms: flufl.lock keeps whole seconds only")
        self.lock = Lock(request["lock"], lifetime=lifetime_ms // 1000)
        return {
            "ok": True,
            "version": VERSION,
            "name": "flufl.lock " + importlib.metadata.version("flufl.lock"),
            "leases": True,
            "tokens": False,
            "refresh": True,
            "state": True,
            "cancel": True,
            "margin_ms": MARGIN_MS,
        }

    def acquire(self, request):
        timeout_ms = request.get("timeout_ms", -1)
        # flufl.lock takes whole seconds: the next one, so that patience is never cut short.
        timeout = None if timeout_ms < 0 else -(-timeout_ms // 1000)
        try:
            self.waiting = True
            self.lock.lock(timeout=timeout)
            self.waiting = False
        except GivenUp:
            return self.after_giving_up()
        except TimeOutError:
            return {"ok": False, "why": "timeout"}
        finally:
            self.waiting = False
        return {"ok": True}

    def after_giving_up(self):
        """The interrupted call may have taken the lock, and has left its claim file in any case."""
        self.lock.unlock(unconditionally=True)
        return {"ok": False, "why": "cancelled"}

    def refresh(self, _request):
        try:
            self.lock.refresh()
        except NotLockedError:
            return {"ok": False, "why": "lost"}
        return {"ok": True}

    def release(self, _request):
        try:
            self.lock.unlock()
        except NotLockedError:
            return {"ok": False, "why": "lost"}
        return {"ok": True}

    def state(self, _request):
        """Reads the lock file only: the lock's own `is_locked` would refresh it."""
        try:
            with open(self.lock.lockfile) as file:
                claim = file.read().strip()
        except FileNotFoundError:
            return {"ok": True, "state": "free"}
        return {"ok": True, "state": "mine" if claim == self.claim() else "other"}

    def claim(self):
        """Only newer versions say their claim file's name aloud."""
        return getattr(self.lock, "claimfile", None) or self.lock._claimfile

    def answer(self, request):
        operation = request.get("op")
        if operation == "hello":
            return self.hello(request)
        if operation not in ("acquire", "refresh", "release", "state"):
            return refusal(f"there is no operation {operation!r}")
        if self.lock is None:
            return refusal("hello comes first")
        try:
            return getattr(self, operation)(request)
        except (LockError, OSError, ValueError) as error:
            return {"ok": False, "why": "error", "message": f"{type(error).__name__}: {error}"}


def refusal(message):
    return {"ok": False, "why": "error", "message": message}


def main():
    adapter = Adapter()
    signal.signal(signal.SIGTERM, adapter.give_up)
    for line in sys.stdin:
        print(json.dumps(adapter.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
