#!/usr/bin/python3
"""procmail's lockfile(1) as a contender, as a shell script calls it: lockfile -l LIFETIME.

Who removes a lock that is too old sleeps for 16 s afterwards, which is -s, before it tries to have
it; whoever else waits can have it at once. Its own waits between two tries are 8 s: it is called
with no retries, again and again. A call whose time is over, or that is to be given up, gets SIGTERM,
as by timeout(1).
"""

import contextlib
import os
import subprocess
import time

from contender import Contender, serve, without_group_bits

SUCCESS, HELD, GIVEN_UP = 0, 73, 75
SUSPEND_S = 16


class Lock(Contender):
    name = "procmail lockfile"
    package = "procmail"
    leases = True
    # Its ages are whole seconds; and one that waits alone sleeps, too.
    margin_ms = (SUSPEND_S + 2) * 1000
    pause = 0.01

    def __init__(self, *arguments):
        super().__init__(*arguments)
        if self.lifetime != int(self.lifetime):
            raise ValueError("lockfile keeps whole seconds only")
        self.end = None

    def acquire(self, patience):
        self.end = None if patience is None else time.monotonic() + patience
        return super().acquire(patience)

    def attempt(self):
        call = subprocess.Popen(["lockfile", "-r", "0", "-l", str(int(self.lifetime)), self.path],
                                stderr=subprocess.DEVNULL)
        got = self.outcome(call)
        if got not in (SUCCESS, HELD, GIVEN_UP):
            raise OSError(f"lockfile says {got}")
        return got == SUCCESS

    def outcome(self, call):
        """The exit status; it may have the lock all the same when its time is over."""
        while True:
            try:
                return call.wait(0.05)
            except subprocess.TimeoutExpired:
                if self.stopping or self.end is not None and time.monotonic() >= self.end:
                    call.terminate()

    def release(self):
        """rm -f, as its manual says: that there was nothing is no error."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)


if __name__ == "__main__":
    without_group_bits()
    serve(Lock)
