"""The mistake: a waiter looks at the lock when it comes, and then every two seconds."""

import time

from contender import GivenUp

import sound


class Lock(sound.Lock):
    name = "looks-seldom"

    def acquire(self, patience):
        while not self.attempt():
            self.rest(2)
        return True

    def rest(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.stopping:
                raise GivenUp
            time.sleep(self.pause)
