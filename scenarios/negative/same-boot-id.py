"""The mistake: a pid is looked for if the machine's boot id is one's own, "so it is this machine".

Two containers on one kernel have one boot id, and pids of their own.
"""

import os

import sound


class Lock(sound.Lock):
    name = "same-boot-id"
    leases = refreshes = False

    def identity(self):
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()

    def write_claim(self):
        with open(self.claim, "w") as file:
            file.write(f"{self.worker} {self.identity()} {os.getpid()}")

    def expired(self, seen):
        _, machine, pid = seen[2].split()
        return machine == self.identity() and not os.path.exists(f"/proc/{pid}")

    def is_mine(self):
        return self.owner().split()[0] == self.worker
