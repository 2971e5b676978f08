"""The mistake: `mkdir -p`. It makes the directory, or is content that it is there."""

import os

from contender import Contender


class Lock(Contender):
    name = "exist-ok"

    def attempt(self):
        os.makedirs(self.path, exist_ok=True)
        return True

    def release(self):
        try:
            os.rmdir(self.path)
        except FileNotFoundError:
            pass
