"""The mistake: the claim gets its time when the wait begins.

It becomes the lock later, by a link, and is as old as the wait was long. (That is how flufl.lock
lets two in without any fault.)
"""

import os
import time

import sound


class Lock(sound.Lock):
    name = "born-expired"

    def acquire(self, patience):
        self.write_claim()
        try:
            return super().acquire(patience)
        finally:
            os.unlink(self.claim)

    def take(self):
        return self.link_claim()

    def expired(self, seen):
        return time.time() - seen[1] / 1e9 > self.lifetime
