"""The mistake: whatever error it is, if it is not EEXIST then the lock is not another's."""

import errno
import os

from contender import Lost

import sound


class Lock(sound.Lock):
    name = "any-error-but-eexist"
    leases = refreshes = False

    def take(self):
        try:
            file = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except OSError as error:
            return error.errno != errno.EEXIST
        os.write(file, self.worker.encode())
        os.close(file)
        return True

    def release(self):
        """Nobody breaks it, so what is its own stays its own; and a guard might not be to be had."""
        if not self.is_mine():
            raise Lost
        os.unlink(self.path)
