"""The mistake: a waiter that was refused waits twice as long before it asks again, without an end.

Those who have just come ask often. The one that has waited longest asks least.
"""

import time

from contender import GivenUp

import sound


class Lock(sound.Lock):
    name = "backs-off-for-ever"
    leases = refreshes = False

    def acquire(self, patience):
        pause = self.pause
        while not self.attempt():
            end = time.monotonic() + pause
            while time.monotonic() < end:
                if self.stopping:
                    raise GivenUp
                time.sleep(min(self.pause, pause))
            pause *= 2
        return True
