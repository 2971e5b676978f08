#!/usr/bin/python3
"""dotlockfile(1) as a contender, as a shell script calls it: -p, and no waits of its own, which are
5 s and more.
"""

import subprocess

from contender import Contender, serve, without_group_bits

SUCCESS, HELD = 0, 4


class Lock(Contender):
    name = "dotlockfile -p"
    package = "liblockfile-bin"
    pause = 0.01

    def attempt(self):
        got = subprocess.run(["dotlockfile", "-l", "-p", "-q", "-r", "0", self.path]).returncode
        if got not in (SUCCESS, HELD):
            raise OSError(f"dotlockfile says {got}")
        return got == SUCCESS

    def release(self):
        subprocess.run(["dotlockfile", "-u", self.path], check=True)


if __name__ == "__main__":
    without_group_bits()
    serve(Lock)
