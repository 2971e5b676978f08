"""The mistake: a pid is looked for if the host's name is one's own, "so it is this machine".

Two containers that were made from one image have one name, and pids of their own.
"""

import os
import socket

import sound


class Lock(sound.Lock):
    name = "same-host-name"
    leases = refreshes = False

    def write_claim(self):
        with open(self.claim, "w") as file:
            file.write(f"{self.worker} {socket.gethostname()} {os.getpid()}")

    def expired(self, seen):
        _, host, pid = seen[2].split()
        return host == socket.gethostname() and not os.path.exists(f"/proc/{pid}")

    def is_mine(self):
        return self.owner().split()[0] == self.worker
