"""The mistake: patience is looked at last, also when the lock has just been taken.

The caller is told that it has failed, and nobody will ever give that lock back.
"""

import time

from contender import GivenUp, TimedOut

import sound


class Lock(sound.Lock):
    name = "timeout-after-taking"
    leases = refreshes = False
    tries = 0

    def attempt(self):
        got = super().attempt()
        self.tries += 1
        if self.tries % 4 == 0:
            time.sleep(0.04)  # each fourth answer is late, as a busy server's can be
        return got

    def acquire(self, patience):
        end = time.monotonic() + patience
        while not (got := self.attempt()) and time.monotonic() < end:
            if self.stopping:
                raise GivenUp
            time.sleep(self.pause)
        if time.monotonic() >= end:
            raise TimedOut
        return got
