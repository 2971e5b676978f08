"""The mistake: EEXIST of a link is taken for another's lock.

The reply to the first request was lost, the client sent it again, and what is there is one's own.
"""

import sound


class Lock(sound.Lock):
    name = "own-link-refused"
    leases = refreshes = False
