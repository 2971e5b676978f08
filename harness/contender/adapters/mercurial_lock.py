#!/usr/bin/python3
"""Mercurial's lock as a contender. Its own wait between two tries is a second: it is called with no
timeout, again and again.
"""

import os

os.environ["HGMODULEPOLICY"] = "py"  # the part that is compiled is another package's

from contender import Contender, serve
from mercurial import error, lock, util, vfs


class Lock(Contender):
    name = f"mercurial {util.version().decode()}"
    pause = 0.01

    def __init__(self, *arguments):
        super().__init__(*arguments)
        folder, self.file = os.path.split(self.path)
        self.vfs = vfs.vfs(folder.encode())

    def attempt(self):
        try:
            self.lock = lock.lock(self.vfs, self.file.encode(), timeout=0)
            return True
        except error.LockHeld:
            return False

    def release(self):
        self.lock.release()


if __name__ == "__main__":
    serve(Lock)
