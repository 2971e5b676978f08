"""The mistake: a wait that is given up leaves its claim behind.

Nothing goes wrong for weeks, and then a directory of a million files does.
"""

import os

import sound


class Lock(sound.Lock):
    name = "claim-left-behind"
    leases = refreshes = False
    waits = 0

    def acquire(self, patience):
        self.waits += 1
        self.claim = f"{self.path}.{self.worker}.{self.waits}"
        self.write_claim()
        super().acquire(patience)
        os.unlink(self.claim)
        return True

    def take(self):
        return self.link_claim()
