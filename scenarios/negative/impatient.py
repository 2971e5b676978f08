"""The mistake: who has waited for long enough takes the holder for dead.

A long hold is no death.
"""

import time

import sound


class Lock(sound.Lock):
    name = "impatient"
    leases = refreshes = False

    def expired(self, seen):
        if seen != self.seen:
            self.seen, self.seen_at = seen, time.monotonic()
        return time.monotonic() - self.seen_at > 0.1
