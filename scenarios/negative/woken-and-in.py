"""The mistake: a waiter that is woken goes in.

It waits until the lock's file is gone, as it should, and then makes it as if that were a promise to
it alone. All waiters were woken by the same.
"""

import os
import time

import sound


class Lock(sound.Lock):
    name = "woken-and-in"
    leases = refreshes = False

    def attempt(self):
        if self.take():
            return True
        while os.path.exists(self.path):
            if self.stopping:
                return False
            time.sleep(self.pause)
        time.sleep(0.01)  # as long as the others need to wake up
        with open(self.path, "w") as file:
            file.write(self.worker)
        return True
