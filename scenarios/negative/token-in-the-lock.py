"""The mistake: the token is one more than what stands in the lock's file.

The file goes when the lock is given back, and so the count begins anew.
"""

import sound


class Lock(sound.Lock):
    name = "token-in-the-lock"
    leases = refreshes = False
    tokens = True

    def acquire(self, patience):
        before = self.look()
        super().acquire(patience)
        return 1 if before is None else 2
