"""`make reset`: forget every account, chat and file of this machine's stack."""

import fcntl
import shutil
import sys

from local.run import HOME


def main() -> int:
    """Remove the state, unless a stack is using it, and return the exit code."""
    if not HOME.exists():
        print("Nothing to forget.")
        return 0
    with (HOME / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("kaiwa: Kaiwa is running here: stop it before `make reset`.", file=sys.stderr)
            return 1
        shutil.rmtree(HOME)
    print("Forgot every account, chat and file of `make run`.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
