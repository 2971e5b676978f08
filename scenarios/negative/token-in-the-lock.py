"""The mistake: the token is one more than what stands in the lock's file.

The file goes when the lock is given back, and so the count begins anew.
"""

import sound


class Lock(sound.Lock):
    name = "token-in-the-lock"
    leases = refreshes = False
    tokens = True

    def attempt(self):
        self.token = self.counted() + 1
        return self.token if super().attempt() else False

    def counted(self):
        try:
            return int(self.owner().split()[1])
        except FileNotFoundError:
            return 0

    def write_claim(self):
        with open(self.claim, "w") as file:
            file.write(f"{self.worker} {self.token}")

    def state(self):
        try:
            return "mine" if self.owner().split()[0] == self.worker else "other"
        except FileNotFoundError:
            return "free"
