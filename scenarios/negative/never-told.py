"""The mistake: who has lost the lock is not told, not even when it gives it back."""

from contender import Lost

import sound


class Lock(sound.Lock):
    name = "never-told"
    refreshes = False

    def release(self):
        try:
            super().release()
        except Lost:
            pass
