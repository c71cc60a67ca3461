"""The last step before PostgreSQL: run by path with `python -I -S`, never imported.

Little is safe between fork and exec in a process with threads, so what has to happen there happens in a
program of its own: become another user, ask the kernel for a signal when the parent dies, become the server.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def become(parent: int, death_signal: int, user: int, group: int, command: list[str]) -> None:
    """Replace this process by `command`; `user` -1 stays who we are. Only returns by an exception."""
    if user >= 0:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if sys.platform == "linux":
        # After the change of user, which clears it; it survives the exec of an ordinary program.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the program that wanted PostgreSQL has ended")
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    parent, death_signal, user, group = (int(word) for word in sys.argv[1:5])
    try:
        become(parent, death_signal, user, group, sys.argv[5:])
    except OSError as error:
        sys.exit(f"error: {sys.argv[5]}: {error.strerror}")
