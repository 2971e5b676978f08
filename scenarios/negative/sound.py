"""A lock file without a mistake, for the others to make one in.

It is right on a directory of one machine, which is where `sound.json` shows it. A claim is written
whole and then linked to the lock's name, so that nobody sees half of one. Whoever finds the lock
unchanged for a lifetime, by a clock of its own that nobody sets, takes it away. All that looks and
then acts does so under a guard, a kernel lock that dies with its holder. To open a file asks the
server for its attributes where a host would remember them.
"""

import errno
import fcntl
import os
import time
from contextlib import contextmanager

from contender import Contender, Lost


class Lock(Contender):
    name = "sound"
    leases = True
    refreshes = True
    states = True
    margin_ms = 500
    keeps = [".guard"]

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.claim = f"{self.path}.{self.worker}"
        self.seen = None
        self.seen_at = 0

    def attempt(self):
        if self.take():
            return True
        seen = self.look()
        if seen is not None and self.expired(seen):
            self.break_in(seen)
        return False

    def take(self):
        """Makes the lock's name; whether nobody had it."""
        self.write_claim()
        try:
            return self.link_claim()
        finally:
            os.unlink(self.claim)

    def link_claim(self):
        try:
            os.link(self.claim, self.path)
            return True
        except FileExistsError:
            return False

    def write_claim(self):
        with open(self.claim, "w") as file:
            file.write(self.worker)
        os.utime(self.claim, ns=(time.time_ns(),) * 2)

    def look(self):
        """What is there: inode, time, and whose it is. None: nothing."""
        try:
            with open(self.path) as file:
                status = os.fstat(file.fileno())
                return status.st_ino, status.st_mtime_ns, file.read()
        except FileNotFoundError:
            return None

    def owner(self):
        with open(self.path) as file:
            return file.read()

    def expired(self, seen):
        """Whether it has been the same for a lifetime."""
        if seen != self.seen:
            self.seen, self.seen_at = seen, time.monotonic()
        return self.leases and time.monotonic() - self.seen_at > self.lifetime

    def break_in(self, seen):
        """Takes away what was seen, if it is still that."""
        with self.guard():
            if self.look() == seen:
                os.unlink(self.path)

    def refresh(self):
        with self.guard():
            if not self.is_mine():
                raise Lost
            os.utime(self.path, ns=(time.time_ns(),) * 2)

    def release(self):
        with self.guard():
            if not self.is_mine():
                raise Lost
            os.unlink(self.path)

    def state(self):
        try:
            return "mine" if self.owner() == self.worker else "other"
        except FileNotFoundError:
            return "free"

    def is_mine(self):
        return self.state() == "mine"

    @contextmanager
    def guard(self):
        """A mount may have no kernel locks; the folder in which all hosts' mounts are has them."""
        guard = locked(self.path + ".guard", os.O_CREAT | os.O_WRONLY)
        if guard is None:
            guard = locked(folder_of_mounts(self.path), os.O_RDONLY)
        try:
            yield
        finally:
            os.close(guard)


def locked(path, flags):
    """Its descriptor: closing it unlocks. None: there are no kernel locks."""
    descriptor = os.open(path, flags, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return descriptor
    except OSError as error:
        os.close(descriptor)
        if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP):
            raise
        return None


def folder_of_mounts(path):
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return os.path.dirname(path)
