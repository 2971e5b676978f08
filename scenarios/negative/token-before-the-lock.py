"""The mistake: the fencing token is drawn from a counter before the lock is held.

Who draws first and waits longest comes with a token that is smaller than its predecessors'.
"""

import fcntl

import sound


class Lock(sound.Lock):
    name = "token-before-the-lock"
    leases = refreshes = False
    tokens = True
    keeps = [".guard", ".token"]

    def acquire(self, patience):
        token = self.draw()
        super().acquire(patience)
        return token

    def draw(self):
        with open(self.path + ".token", "a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            token = int(file.read() or 0) + 1
            file.truncate(0)
            file.write(str(token))
        return token
