"""The mistake: a refresh touches the lock's file, and is content if there is one.

The file may be another's: the lease had run out, and another has taken over in good order.
"""

import os

import sound


class Lock(sound.Lock):
    name = "refresh-after-loss"

    def refresh(self):
        os.utime(self.path)
