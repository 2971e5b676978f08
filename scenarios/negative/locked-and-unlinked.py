"""The mistake: a file is locked with flock, and removed when it is given back.

A waiter that has opened it gets the lock of a file that has no name any more; the next one makes a
new file, and locks that.
"""

import fcntl
import os
import time

from contender import Contender


class Lock(Contender):
    name = "locked-and-unlinked"

    def attempt(self):
        self.file = os.open(self.path, os.O_CREAT | os.O_RDWR)
        time.sleep(0.005)  # as long as a release needs
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            os.close(self.file)
            return False

    def release(self):
        os.unlink(self.path)
        os.close(self.file)
