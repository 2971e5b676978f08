"""The mistake: it looks whether the lock is there, and then makes it, which are two steps.

Whoever looks in between finds nothing, too. The open that makes the file does not mind another's.
"""

import os
import time

import sound


class Lock(sound.Lock):
    name = "check-then-create"
    leases = refreshes = False

    def take(self):
        if os.path.exists(self.path):
            return False
        time.sleep(0.01)  # as long as others need to find nothing, too
        with open(self.path, "w") as file:
            file.write(self.worker)
        return True
