"""The mistake: a waiter measures by the wall clock for how long the lock has been the same.

It compares with no other host's clock, which is right; but its own is set, and a step of ten
seconds is a wait of ten seconds.
"""

import time

import sound


class Lock(sound.Lock):
    name = "clock-stepped-forward"

    def expired(self, seen):
        if seen != self.seen:
            self.seen, self.seen_at = seen, time.time()
        return time.time() - self.seen_at > self.lifetime
