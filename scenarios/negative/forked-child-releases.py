"""The mistake: what is given back at the end of a process is given back at the end of its child.

The child has inherited the lock object, and the habit of tidying up. The parent goes on working.
"""

import os

from contender import Lost

import sound


class Lock(sound.Lock):
    name = "forked-child-releases"
    leases = refreshes = False

    def attempt(self):
        if not super().attempt():
            return False
        child = os.fork()
        if child == 0:
            self.at_exit()
            os._exit(0)
        os.waitpid(child, 0)
        return True

    def at_exit(self):
        try:
            self.release()
        except Lost:
            pass
