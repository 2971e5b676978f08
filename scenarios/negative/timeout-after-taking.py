"""The mistake: patience is looked at last, also when the lock has just been taken.

The caller is told that it has failed, and nobody will ever give that lock back.
"""

import time

from contender import GivenUp, TimedOut

import sound


class Lock(sound.Lock):
    name = "timeout-after-taking"
    leases = refreshes = False

    def acquire(self, patience):
        end = time.monotonic() + patience
        while not (got := self.attempt()) and time.monotonic() < end:
            if self.stopping:
                raise GivenUp
            time.sleep(self.pause)
        if time.monotonic() >= end:
            raise TimedOut
        return got
