"""A program that uses the embedded PostgreSQL of a folder until it is told to stop; run by test_embedded.

It prints one line of JSON when it has the server (or an error), and ends at the end of its input or by a signal.
"""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

from db.embedded import ServerUnavailable, running


def main() -> None:
    """Use the server."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--exclusive", action="store_true")
    parser.add_argument("--user", type=int)
    options = parser.parse_args()
    if options.user is not None:
        os.setgroups([])
        os.setgid(options.user)
        os.setuid(options.user)
        if not os.access(sys.executable, os.X_OK):  # the interpreter of root's own
            sys.executable = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
    try:
        with running(options.folder, exclusive=options.exclusive, settings={"fsync": "off"}) as server:
            told = {"pid": server.pid, "sockets": str(server.socket_folder), "cluster": str(server.cluster)}
            print(json.dumps(told), flush=True)
            sys.stdin.read()
    except ServerUnavailable as error:
        print(json.dumps({"error": str(error)}), flush=True)


if __name__ == "__main__":
    main()
