"""The mistake: patience is measured by the wall clock, which is set back.

What was to end in a moment ends in a moment and an hour.
"""

import time

from contender import GivenUp, TimedOut

import sound


class Lock(sound.Lock):
    name = "clock-stepped-back"
    leases = refreshes = False

    def acquire(self, patience):
        end = time.time() + patience
        while not self.attempt():
            if self.stopping:
                raise GivenUp
            if time.time() >= end:
                raise TimedOut
            time.sleep(self.pause)
        return True
