"""The mistake: whatever error it is, if it is not EEXIST then the lock is not another's."""

import errno
import os

import sound


class Lock(sound.Lock):
    name = "any-error-but-eexist"
    leases = refreshes = False

    def take(self):
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except OSError as error:
            return error.errno != errno.EEXIST
        return True

    def release(self):
        try:
            os.unlink(self.path)
        except OSError:
            pass
