#!/usr/bin/python3
"""Qt's QLockFile as a contender, through PySide2.

A lock is stale if its holder is a dead process of this machine, or if it is older than the stale
time: by its documentation a lease, which cannot be renewed. Who removes a stale one must get the
flock(2) that its holder keeps on it. So whoever lives is safe once he has that; between making the
file and the flock(2) he is not. Where a file system has no kernel locks, nothing stale is removed.
"""

import PySide2.QtCore as qt
from contender import Contender, serve


class Lock(Contender):
    name = f"QLockFile Qt {qt.qVersion()}"
    leases = True
    margin_ms = 500
    pause = 0.01

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.lock = qt.QLockFile(self.path)
        self.lock.setStaleLockTime(int(self.lifetime * 1000))

    def attempt(self):
        if self.lock.tryLock(0):
            return True
        if self.lock.error() != qt.QLockFile.LockFailedError:
            raise OSError(f"QLockFile says {self.lock.error()}")
        return False

    def release(self):
        self.lock.unlock()


if __name__ == "__main__":
    serve(Lock)
