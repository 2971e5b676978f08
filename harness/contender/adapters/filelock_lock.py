#!/usr/bin/python3
"""py-filelock as a contender: filelock_lock.py FileLock|SoftFileLock."""

import importlib.metadata
import sys

import filelock
from contender import Contender, GivenUp, TimedOut, serve

KINDS = {"FileLock": filelock.FileLock, "SoftFileLock": filelock.SoftFileLock}


class Lock(Contender):
    kind = ""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.name = f"filelock {importlib.metadata.version('filelock')} {self.kind}"
        # What is locked with flock stays; what is locked by being there goes.
        self.keeps = [""] if self.kind == "FileLock" else []
        self.lock = KINDS[self.kind](self.path)
        self.waiting = False

    def acquire(self, patience):
        self.waiting = True
        try:
            self.lock.acquire(timeout=-1 if patience is None else patience)
        except filelock.Timeout:
            raise TimedOut from None
        except GivenUp:
            self.lock.release(force=True)
            raise
        finally:
            self.waiting = False
        return True

    def release(self):
        self.lock.release()

    def stop(self):
        if self.waiting:
            self.waiting = False
            raise GivenUp


if __name__ == "__main__":
    if sys.argv[1:] not in [[kind] for kind in KINDS]:
        sys.exit(__doc__)
    Lock.kind = sys.argv[1]
    serve(Lock)
