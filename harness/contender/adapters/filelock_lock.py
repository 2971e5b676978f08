#!/usr/bin/python3
"""py-filelock as a contender: filelock_lock.py FileLock|SoftFileLock.

Its own wait cannot be given up but by an exception out of a signal's handler, which may come in the
middle of a try. So it is called without waiting, again and again, as often as it tries by itself.
"""

import importlib.metadata
import sys

import filelock
from contender import Contender, serve

KINDS = {"FileLock": filelock.FileLock, "SoftFileLock": filelock.SoftFileLock}


class Lock(Contender):
    kind = ""
    pause = 0.05  # its poll_interval, where nobody says otherwise

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.name = f"filelock {importlib.metadata.version('filelock')} {self.kind}"
        # What is locked with flock stays; what is locked by being there goes.
        self.keeps = [""] if self.kind == "FileLock" else []
        self.lock = KINDS[self.kind](self.path)

    def attempt(self):
        try:
            self.lock.acquire(blocking=False)
            return True
        except filelock.Timeout:
            return False

    def release(self):
        self.lock.release()


if __name__ == "__main__":
    if sys.argv[1:] not in [[kind] for kind in KINDS]:
        sys.exit(__doc__)
    Lock.kind = sys.argv[1]
    serve(Lock)
