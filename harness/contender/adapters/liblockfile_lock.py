#!/usr/bin/python3
"""liblockfile's C interface as a contender: lockfile_create(3) with L_PID.

The library's own waits between two tries are 5 s and more, and cannot be given up; so it is called
with no retries, again and again.
"""

import ctypes
import os

from contender import Contender, serve

L_PID = 16
SUCCESS, HELD = 0, 4  # L_MAXTRYS; the others are errors, L_ERROR among them
LIBRARY = ctypes.CDLL("liblockfile.so.1", use_errno=True)


class Lock(Contender):
    name = "liblockfile (L_PID)"
    package = "liblockfile1"
    pause = 0.01

    def attempt(self):
        got = LIBRARY.lockfile_create(self.path.encode(), 0, L_PID)
        if got == HELD:
            return False
        if got != SUCCESS:
            raise OSError(f"lockfile_create says {got}")
        return True

    def release(self):
        """That there was nothing is no error to the library."""
        if LIBRARY.lockfile_remove(self.path.encode()) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), self.path)


if __name__ == "__main__":
    serve(Lock)
