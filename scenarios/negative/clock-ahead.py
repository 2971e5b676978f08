"""The mistake: the stamp that one host's clock made is compared with another host's clock."""

import time

import sound


class Lock(sound.Lock):
    name = "clock-ahead"

    def expired(self, seen):
        return time.time() - seen[1] / 1e9 > self.lifetime
