"""The mistake: how old a lease is, is judged by a time that this host remembers.

The holder renews it all the time; the waiter's host asks the server every few seconds. To open the
file would have asked it, too.
"""

import os

import sound


class Lock(sound.Lock):
    name = "time-from-cache"

    def attempt(self):
        seen = self.look()
        if seen is None:
            return self.take()
        if self.expired(seen):
            self.break_in(seen)
        return False

    def look(self):
        try:
            return os.stat(self.path).st_mtime_ns
        except FileNotFoundError:
            return None
