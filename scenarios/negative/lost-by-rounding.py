"""The mistake: a holder knows its lock by the time that it gave it, to the nanosecond.

A file system that keeps whole milliseconds, or seconds, gives back another.
"""

import os
import time

from contender import Lost

import sound


class Lock(sound.Lock):
    name = "lost-by-rounding"

    def write_claim(self):
        super().write_claim()
        self.stamp_it(self.claim)

    def refresh(self):
        with self.guard():
            if not self.is_mine() or os.stat(self.path).st_mtime_ns != self.stamp:
                raise Lost
            self.stamp_it(self.path)

    def stamp_it(self, file):
        self.stamp = time.time_ns()
        os.utime(file, ns=(self.stamp, self.stamp))
