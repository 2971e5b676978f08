"""The mistake: whoever has the smallest name in a directory holds the lock.

A holder whose name is the smallest is not told when a smaller one comes. (A bakery needs numbers
that grow.)
"""

import os

from contender import Contender


class Lock(Contender):
    name = "smallest-name"
    keeps = [""]

    def __init__(self, *arguments):
        super().__init__(*arguments)
        os.makedirs(self.path, exist_ok=True)

    def attempt(self):
        with open(os.path.join(self.path, self.worker), "w"):
            pass
        return min(os.listdir(self.path)) == self.worker

    def release(self):
        os.unlink(os.path.join(self.path, self.worker))
