"""A lock that is a directory: who takes it renames one of its own, with a file in it, to the lock's
name, which fails as long as another's is there. It is given back by the rename back.

Who dies with it keeps it for ever.
"""

import errno
import os

from contender import Contender


class Lock(Contender):
    name = "moved-directory"

    def __init__(self, path, lifetime, worker, options):
        super().__init__(path, lifetime, worker, options)
        self.own = f"{path}.{worker}"

    def attempt(self):
        if not os.path.isdir(self.own):
            os.mkdir(self.own)
            with open(os.path.join(self.own, "mine"), "x", encoding="ascii"):
                pass
        try:
            os.rename(self.own, self.path)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                return False
            raise
        return True

    def release(self):
        os.rename(self.path, self.own)
