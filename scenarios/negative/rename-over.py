"""The mistake: a claim is renamed to the lock's name, "as rename is atomic".

It is, and it replaces what is there without a word.
"""

import os

import sound


class Lock(sound.Lock):
    name = "rename-over"
    leases = refreshes = False

    def take(self):
        if self.look() is not None:
            return False
        self.write_claim()
        os.rename(self.claim, self.path)
        return True
