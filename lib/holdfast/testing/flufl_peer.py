"""Python's flufl.lock at the other end of a pipe: a command a line, an answer a line.

Nothing of its protocol is changed. Only what would take seconds is shorter: the slop, and the sleep
between two attempts. The first line says which version it is, or why there is none.
"""

import os
import random
import sys
import time
from datetime import timedelta

try:
    import flufl.lock
    from flufl.lock import Lock, NotLockedError, TimeOutError
    from flufl.lock import _lockfile as module
except ImportError as error:
    print(f"absent {error}", flush=True)
    sys.exit(0)

module.CLOCK_SLOP = timedelta(seconds=float(sys.argv[3]))
Lock._sleep = lambda self: time.sleep(random.uniform(0.001, 0.02))


def rounds(lock, marker, count):
    """Takes and gives back; says how often somebody else was inside."""
    overlaps = 0
    for _ in range(count):
        lock.lock(timeout=60)
        try:
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
            time.sleep(0.0005)
            os.unlink(marker)
        except FileExistsError:
            overlaps += 1
        lock.unlock()
    return overlaps


def answer(lock, words):
    command, arguments = words[0], words[1:]
    if command == "lock":
        lock.lock(timeout=int(arguments[0]))
    elif command == "unlock":
        lock.unlock()
    elif command == "refresh":
        lock.refresh()
    elif command == "is_locked":
        return str(lock.is_locked)
    elif command == "state":
        return lock.state.name
    elif command == "details":
        host, pid, path = lock.details
        return f"{host} {pid} {path}"
    elif command == "expiration":
        return str(int(lock.expiration.timestamp()))
    elif command == "hostname":
        return lock.hostname
    elif command == "rounds":
        return str(rounds(lock, arguments[0], int(arguments[1])))
    else:
        return f"no such command: {command}"
    return "done"


print("flufl.lock", flufl.lock.__version__, flush=True)
lock = Lock(sys.argv[1], lifetime=int(sys.argv[2]))
for line in sys.stdin:
    try:
        print(answer(lock, line.split()), flush=True)
    except (NotLockedError, TimeOutError) as error:
        print(type(error).__name__, flush=True)
