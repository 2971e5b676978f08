"""The mistake: whether a link has worked is judged by the claim's link count alone.

Links can fail and have worked, so the count is looked at, as one should. But the count may be what
this host remembers: of the hold before, which another has taken away since, when it had run out.
"""

import os
import time

import sound


class Lock(sound.Lock):
    name = "link-count-from-cache"
    refreshes = False

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.write_claim()

    def take(self):
        try:
            os.link(self.claim, self.path)
            # Whoever waits can tell this hold from the one before, which had the same file.
            os.utime(self.claim, ns=(time.time_ns(),) * 2)
        except FileExistsError:
            pass
        return os.stat(self.claim).st_nlink == 2

    def release(self):
        pass  # its leases are left to run out
