#!/usr/bin/python3
"""util-linux's flock(1) as a contender, as a shell script calls it: 9>lock; flock -n 9."""

import os
import subprocess

from contender import Contender, serve

SUCCESS, HELD = 0, 1


class Lock(Contender):
    name = "flock(1)"
    package = "util-linux"
    keeps = [""]
    pause = 0.01

    def attempt(self):
        self.file = os.open(self.path, os.O_CREAT | os.O_WRONLY)
        got = subprocess.run(["flock", "-n", str(self.file)], pass_fds=[self.file]).returncode
        if got == SUCCESS:
            return True
        os.close(self.file)
        if got != HELD:
            raise OSError(f"flock says {got}")
        return False

    def release(self):
        os.close(self.file)


if __name__ == "__main__":
    serve(Lock)
