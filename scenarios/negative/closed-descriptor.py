"""The mistake: POSIX record locks, and any descriptor of that file that is closed.

The process reads the file while it holds the lock. Closing what it read from drops the lock.
"""

import fcntl
import os

from contender import Contender


class Lock(Contender):
    name = "closed-descriptor"
    keeps = [""]

    def attempt(self):
        self.file = os.open(self.path, os.O_CREAT | os.O_RDWR)
        try:
            fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self.file)
            return False
        with open(self.path) as other:
            other.read()
        return True

    def release(self):
        os.close(self.file)
