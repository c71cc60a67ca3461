"""The documents say what is: README, the settings, the dependencies."""

import json
import re
import shutil
import tomllib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import click
import psycopg
import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type
from pydantic_core import PydanticUndefined

from cli import main
from db.access import check_access
from db.demo import load_demo
from db.demo_ids import demo_id, demo_sub
from db.embedded import SUPERUSER, running
from db.migrate import upgrade
from db.tables import summaries, users
from domain.clock import now
from domain.demo.facts import SESSIONS, drafted
from domain.identity.local_issuer import LocalIssuer
from domain.viewer import Role
from jobs.app import Worker
from jobs.tools import Tools
from schema.api import schema
from schema.ids import to_global
from schema.transport.websocket import PROTOCOL
from server import create_app, database_of
from settings import Settings
from tests import servers
from tests.api import Api, Socket, serving
from tests.make import Person

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
"""As whoever reads it first sees it."""


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.S | re.M)


def _operation(name: str) -> str:
    (found,) = [block for block in _blocks("graphql") if re.match(rf"\w+ {name}\b", block)]
    return found


# What can be pasted


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a data folder of the test's own."""
    return Settings(study_data_dir=tmp_path)


@pytest.fixture
async def demo(database: servers.Database, settings: Settings) -> AsyncIterator[Api]:
    """The application on the demo data."""
    async with database_of(settings, database.app_url) as opened:
        assert await load_demo(opened, now())
    async with serving(create_app(settings, database.app_url)) as running_api:
        yield running_api


def _person(settings: Settings, key: str, role: Role) -> Person:
    token = LocalIssuer.load(settings.study_data_dir).issue(demo_sub(key))
    return Person(demo_id(users, key), role, f"{key}@demo.test", token)


async def test_what_the_readme_shows_works_on_the_demo_data(demo: Api, settings: Settings) -> None:
    student, tutor = _person(settings, "student", Role.STUDENT), _person(settings, "tutor", Role.TUTOR)
    before = next(drafted(session).narrative for session in SESSIONS if session.key == "maya-projectile")

    data = await demo.data(_operation("Students"), tutor)
    names = {node["displayName"]: node for node in data["students"]["nodes"]}
    assert set(names) == {"Maya Lindqvist", "Theo Lindqvist", "Aisha Haddad"}
    (last,) = names["Maya Lindqvist"]["sessions"]["nodes"]
    (summary,) = last["summaries"]
    assert (summary["narrative"], summary["version"]) == (before, 1)
    assert len(names["Maya Lindqvist"]["goals"]["nodes"]) == 4
    # The correction below is of the summary that this shows.
    assert summary["id"] in _operation("Correct")
    assert summary["id"] == to_global("Summary", demo_id(summaries, "maya-projectile"))

    async with demo.socket(student) as socket:
        await socket.subscribe(_operation("Corrections"))
        made = (await demo.data(_operation("Correct"), tutor))["overrideSummary"]
        after = made["override"]["summary"]["narrative"]
        assert made == {
            "override": {
                "summary": {"narrative": after, "version": 2},
                "content": {"before": {"narrative": before}},
            },
            "userErrors": [],
        }
        assert after in _operation("Correct")
        assert await socket.next() == {
            "data": {
                "overrideUpdates": {
                    "kind": "MADE",
                    "override": {
                        "reason": "Says what she can do now, not what we did.",
                        "tutor": {"displayName": "Daniel Okafor"},
                        "summary": {"narrative": after, "version": 2},
                    },
                }
            }
        }
    again = (await demo.data(_operation("Correct"), tutor))["overrideSummary"]
    assert [error["code"] for error in again["userErrors"]] == ["STALE_VERSION"]


async def test_the_question_of_the_readme_is_answered(demo: Api, settings: Settings) -> None:
    student = _person(settings, "student", Role.STUDENT)
    asked = (await demo.data(_operation("Ask"), student))["askQuestion"]
    assert (asked["userErrors"], asked["disclaimer"]) == ([], None)  # who has been told is not told again
    question = asked["question"]
    assert (question["outcome"], question["answer"], question["generation"]) == (
        "ANSWERED",
        None,
        {"engine": "EXTRACTIVE"},
    )
    assert [cited["kind"] for cited in question["citations"]] == ["MATERIAL"]
    assert "where it is about" in question["hint"]


async def test_the_dashboard_of_the_readme_begins_and_goes_on(demo: Api, settings: Settings) -> None:
    tutor = _person(settings, "tutor", Role.TUTOR)
    async with demo.socket(tutor) as connected:
        socket = Socket(connected.connection, heartbeats=True)
        asked = {"query": _operation("Dashboard"), "variables": {"snapshot": True}}
        await socket.send(id="1", type="subscribe", payload=asked)
        events: list[Any] = []
        while not events or events[-1]["kind"] == "CURRENT":
            events.append((await socket.next())["data"]["activity"])
        *state, end = events
        assert {event["student"]["displayName"] for event in state} == {
            "Maya Lindqvist",
            "Theo Lindqvist",
            "Aisha Haddad",
        }
        assert (end["kind"], [event["cursor"] for event in state]) == ("HEARTBEAT", [None] * 3)
    await demo.data(_operation("Correct"), tutor)
    async with demo.socket(tutor) as socket:
        await socket.subscribe(_operation("Dashboard"), after=end["cursor"])
        told = (await socket.next())["data"]["activity"]
        assert (told["kind"], told["student"]["displayName"]) == ("OVERRIDE_MADE", "Maya Lindqvist")
        assert told["node"]["summary"]["narrative"] in _operation("Correct")


def test_every_operation_of_the_readme_is_run_here() -> None:
    names = ("Students", "Corrections", "Correct", "Dashboard", "Record", "Written", "Ask")
    assert len(_blocks("graphql")) == len({_operation(name) for name in names})


async def test_a_session_that_is_recorded_as_the_readme_shows_has_its_summary_soon(
    demo: Api, settings: Settings, database: servers.Database
) -> None:
    tutor, parent = _person(settings, "tutor", Role.TUTOR), _person(settings, "parent", Role.PARENT)
    recorded = (await demo.data(_operation("Record"), tutor))["recordSession"]
    assert recorded["userErrors"] == []
    async with database_of(settings, database.app_url) as opened:
        await Worker(Tools(opened), address=database.app_url).run_waiting()
    (summary,) = (await demo.data(_operation("Written"), tutor))["node"]["summaries"]["nodes"]
    assert "Right triangles" in summary["narrative"]
    assert (summary["basis"], summary["generation"]) == ("NORMAL", {"engine": "EXTRACTIVE"})
    assert "the tutor confirmed" in summary["narrative"]
    assert all(len(claim["turns"]) == len(claim["turnNumbers"]) > 0 for claim in summary["claims"])
    (seen,) = (await demo.data(_operation("Written"), parent))["node"]["summaries"]["nodes"]
    assert seen == summary | {"claims": [claim | {"turns": None} for claim in summary["claims"]]}


async def test_the_shell_lines_work(demo: Api, settings: Settings, tmp_path: Path) -> None:
    (lines,) = [block for block in _blocks("sh") if "curl" in block]
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    token = _person(settings, "parent", Role.PARENT).token
    lines = lines.replace("http://127.0.0.1:8000", f"http://{demo.address}")
    program = tmp_path / ".venv/bin/study-companion"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\n[ "$*" = "token parent@demo.test" ] && echo {token}\n')
    program.chmod(0o755)
    done = await anyio.run_process(["sh", "-euc", lines], cwd=tmp_path)
    names = [{"displayName": "Theo Lindqvist"}, {"displayName": "Maya Lindqvist"}]
    answer = json.loads(done.stdout)["data"]["viewer"]
    assert answer["displayName"] == "Ingrid Lindqvist"
    assert sorted(answer["children"]["nodes"], key=str) == sorted(names, key=str)


async def test_a_program_can_follow_what_the_readme_and_the_errors_say(demo: Api, settings: Settings) -> None:
    (snippet,) = _blocks("js")
    (query,) = re.findall(r"query: '([^']+)'", snippet)
    assert f"`{PROTOCOL}`" in README
    refused = (await demo.run(_operation("Students")))["errors"][0]
    assert refused["extensions"] == {"code": "UNAUTHENTICATED"}
    (payload,) = re.findall(r"\{.+?\}", refused["message"])
    # The socket of the tests signs in as the snippet does.
    assert list(json.loads(payload)) == re.findall(r"=> \(\{ (\w+): `Bearer ", snippet) == ["Authorization"]
    async with demo.socket(_person(settings, "student", Role.STUDENT)) as socket:
        await socket.subscribe(query)


# The picture, the commands and the settings


def test_the_picture_shows_fields_that_there_are() -> None:
    (picture,) = _blocks("mermaid")
    lines = re.findall(r"^  (\w+) -->\|(\w+)\| (\w+)$", picture, re.M)
    assert len(lines) == len(picture.splitlines()) - 1
    for source, field, target in lines:
        kind = schema._schema.type_map[source]
        assert isinstance(kind, GraphQLObjectType), source
        leads_to: Any = get_named_type(kind.fields[field].type)
        if leads_to.name.endswith("Connection"):
            leads_to = get_named_type(leads_to.fields["nodes"].type)
        assert leads_to.name == target, (source, field)


def test_the_picture_shows_every_kind_of_thing() -> None:
    (picture,) = _blocks("mermaid")
    node = schema._schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    kinds = {kind.name for kind in schema._schema.get_possible_types(node)}
    # Administrators see everything and belong to nothing; the log is about what is there.
    assert kinds - set(re.findall(r"\w+", picture)) <= {"Admin", "AuditEntry", "FailedJob"}


def _commands(group: click.Group, path: str = "study-companion") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        else:
            arguments = [word.name.upper() for word in command.params if isinstance(word, click.Argument) and word.name]
            yield " ".join([path, name, *arguments])


def test_every_command_is_in_the_readme() -> None:
    assert sorted(re.findall(r"^\| `(study-companion [^`]+)` \|", README, re.M)) == sorted(_commands(main))


def _settings_table() -> str:
    rows = ["| setting | default | |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        assert field.default is not PydanticUndefined
        default = field.default.name if isinstance(field.default, Path) else field.default
        shown = "" if default in (None, "") else f"`{default}`"
        rows.append(f"| `{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)


def test_every_setting_is_in_the_readme() -> None:
    found = re.search(r"^\| setting \|.*?(?=\n\n)", README, re.S | re.M)
    assert found is not None
    assert found[0] == _settings_table()


# Deploying


def test_the_roles_of_a_deployment() -> None:
    with TemporaryDirectory() as folder, running(_for_all(folder), exclusive=True, settings={"fsync": "off"}) as server:
        (roles,) = _blocks("sql")
        with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as master:
            for statement in filter(None, map(str.strip, roles.split(";"))):
                master.execute(statement.encode())
        owner, web = server.url("study_owner", "study"), server.url("study_web", "study")
        upgrade(owner)
        (grant,) = re.findall(r"-c '(grant [^']+)'", README)
        with psycopg.connect(owner) as connection:
            connection.execute(grant.encode())
        access = check_access(web)
        assert (access.user, access.warnings) == ("study_web", ())
        # The server's own migrating finds nothing to do, and needs no more than it has.
        assert upgrade(web) == []


def _for_all(folder: str) -> Path:
    """A folder that the account may enter which runs PostgreSQL for root."""
    Path(folder).chmod(0o755)
    return Path(folder)


# Other documents


def _listed() -> dict[str, list[str]]:
    text = (ROOT / "docs/dependencies.md").read_text()
    sections = re.split(r"^## ", text, flags=re.M)[1:]
    return {
        section.partition("\n")[0]: re.findall(r"^\| `([^`]+)` \| \S.*\. \|$", section, re.M) for section in sections
    }


def test_each_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for section, folder in (("The pages", "web"), ("Other clients", "web/clients")):
        package = json.loads((ROOT / folder / "package.json").read_text())
        assert sorted(_listed()[section]) == sorted([*package["dependencies"], *package["devDependencies"]]), section
    for section, wanted in (
        ("To run", project["dependencies"]),
        ("To build", extras["build"]),
        ("To develop", extras["dev"]),
    ):
        names = [re.split(r"[\[<>=~! ]", requirement)[0] for requirement in wanted]
        assert sorted(_listed()[section]) == sorted(set(names) - {project["name"]}), section


def test_what_is_linked_is_there() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), (document, target)
    mentioned = set(re.findall(r"`((?:schema|docs)/[\w./-]+)`", README))
    assert mentioned
    assert {place for place in mentioned if not (ROOT / place).exists()} == set()


def test_decisions_are_numbered_and_short() -> None:
    records = sorted(path.name for path in (ROOT / "docs/decisions").iterdir())
    assert [name[:5] for name in records] == [f"{number:04}-" for number in range(1, len(records) + 1)]
    for name in records:
        text = (ROOT / "docs/decisions" / name).read_text()
        assert text.startswith("# ")
        assert len(text.splitlines()) <= 16
        for part in ("**Decided.**", "**Because**", "**So**", "**Not taken:**"):
            assert part in text, name


# What GraphiQL offers

EXAMPLES = ROOT / "web/src/graphiql/examples"
ASKED_BY = {"student": Role.STUDENT, "tutor": Role.TUTOR, "parent": Role.PARENT, "admin": Role.ADMIN}


async def test_each_example_of_graphiql_works_on_the_demo_data(demo: Api, settings: Settings) -> None:
    found = sorted(EXAMPLES.glob("*/*.graphql"))
    assert {path.parent.name for path in found} == {*ASKED_BY, "analytics"}
    for path in found:
        text = path.read_text()
        # The first line says what it is for.
        assert re.match(r"# \S.*[.?]\n(query|mutation|subscription) \w+", text), path
        for key in ("tutor", "admin") if path.parent.name == "analytics" else (path.parent.name,):
            person = _person(settings, key, ASKED_BY[key])
            if "\nsubscription " in text:
                async with demo.socket(person) as socket:
                    await socket.subscribe(text)
                continue
            data = await demo.data(text, person)
            # Nobody has been exported or overridden yet, and no job has failed.
            assert _says_something(data) or path.name in {"2-audit.graphql", "3-jobs.graphql"}, path


def _says_something(data: Any) -> bool:
    """Whether there is a value anywhere, and no refusal."""
    if isinstance(data, dict):
        assert not data.get("userErrors"), data
        return any(_says_something(value) for value in data.values())
    if isinstance(data, list):
        return any(_says_something(value) for value in data)
    return data is not None
