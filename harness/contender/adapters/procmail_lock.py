#!/usr/bin/python3
"""procmail's lockfile(1) as a contender, as a shell script calls it: lockfile -l LIFETIME -s 1."""

import os
import subprocess

from contender import Contender, Lost, serve

SUCCESS, HELD = 0, 73


class Lock(Contender):
    name = "procmail lockfile"
    leases = True
    # After it has removed an old lock it sleeps for the one second of -s.
    margin_ms = 2000
    pause = 0.01

    def __init__(self, *arguments):
        super().__init__(*arguments)
        if self.lifetime != int(self.lifetime):
            raise ValueError("lockfile keeps whole seconds only")

    def attempt(self):
        got = subprocess.run(["lockfile", "-r", "0", "-l", str(int(self.lifetime)), "-s", "1",
                              self.path], stderr=subprocess.DEVNULL).returncode
        if got not in (SUCCESS, HELD):
            raise OSError(f"lockfile says {got}")
        return got == SUCCESS

    def release(self):
        """rm -f, as its manual says."""
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            raise Lost from None


if __name__ == "__main__":
    serve(Lock)
