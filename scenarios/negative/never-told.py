"""The mistake: a lease that cannot be renewed, so that who has lost the lock hears of it when it gives
the lock back, and not before.
"""

import sound


class Lock(sound.Lock):
    name = "never-told"
    refreshes = False
