"""The mistake: the take-over has a lock of its own, and nobody thinks of its holder's death.

Who breaks in makes a second file, so that there are never two breakers, which is right. It is
killed in between, and then there is never one again.
"""

import os
import time

import sound


class Lock(sound.Lock):
    name = "killed-breaker"
    keeps = [".guard", ".break"]

    def break_in(self, seen):
        breaking = self.path + ".break"
        try:
            os.close(os.open(breaking, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return
        time.sleep(1)
        super().break_in(seen)
        os.unlink(breaking)
