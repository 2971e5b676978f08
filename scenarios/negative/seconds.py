"""The mistake: times are cut to whole seconds before they are compared.

A lease of one second, taken at 0.9 s, is one second old at 1.0 s.
"""

import time

import sound


class Lock(sound.Lock):
    name = "seconds"

    def expired(self, seen):
        return int(time.time()) - int(seen[1] / 1e9) >= self.lifetime
