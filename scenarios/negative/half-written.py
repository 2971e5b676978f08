"""The mistake: the lock is made first, and what it says is written a moment later.

A waiter that reads it in between finds it empty, which it takes for the remains of a crash.
"""

import os
import time

import sound


class Lock(sound.Lock):
    name = "half-written"
    leases = refreshes = False

    def take(self):
        try:
            file = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            return False
        time.sleep(0.01)  # as long as others need to look
        os.write(file, self.worker.encode())
        os.close(file)
        return True

    def expired(self, seen):
        return seen[2] == ""
