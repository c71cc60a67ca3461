"""The two servers that are compared, each as a process, and how something happens there."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

import psycopg

from domain.identity.choice import local_issuer_for
from schema.ids import to_global
from tests.bench.processes import Process, answers, free_port
from tests.machines import CHECKOUT, Postgres, StudyServer, wait_until

SELECTED = "{ kind cursor occurredAt override { id targetVersion reason } }"


class Side(Protocol):
    """A running server."""

    pid: int
    port: int

    def group(self, student: int, sockets: int, people: int = 1) -> list[dict[str, Any]]:
        """What the clients are told to open: so many sockets, of so many people, that follow one student."""

    def tell(self, student: int) -> tuple[str, int]:
        """Something happens to a student; its id, and the monotonic nanoseconds just before it was committed."""

    def database_cpu(self) -> float:
        """CPU seconds of the database so far."""


# Plain Strawberry


class Plain:
    """tests/bench/plain.py."""

    def __init__(self, pid: int, port: int, told: socket.socket) -> None:
        self.pid, self.port, self._told = pid, port, told

    def group(self, student: int, sockets: int, people: int = 1) -> list[dict[str, Any]]:
        """It knows no people."""
        query = f"subscription ($id: ID!) {{ overrideUpdates(studentId: $id) {SELECTED} }}"
        return [{"query": query, "variables": {"id": str(student)}, "token": None, "sockets": sockets}]

    def tell(self, student: int) -> tuple[str, int]:
        """It comes in as a line."""
        target = to_global("Override", uuid4())
        told = {
            "id": target,
            "targetVersion": 2,
            "reason": "x",
            "cursor": "MTIzNDU2Nzg5LjEyMzQ1Njc4OQ",
            "occurredAt": "2026-03-02T16:00:00+00:00",
        }
        line = f"{student} {json.dumps(told)}\n".encode()
        began = time.monotonic_ns()
        self._told.sendall(line)
        return target, began

    def database_cpu(self) -> float:
        """It has none."""
        return 0.0


@contextmanager
def plain() -> Iterator[Plain]:
    """A plain server."""
    ports = [free_port(), free_port()]
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.plain", *map(str, ports)], cwd=CHECKOUT)
    try:
        wait_until(lambda: all(map(answers, ports)), "a plain server")
        with socket.create_connection(("127.0.0.1", ports[1])) as told:
            told.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield Plain(process.pid, ports[0], told)
    finally:
        process.kill()
        process.wait()


# Ours

_TELL = """
with made as (
    insert into overrides (
        tutor_id, student_id, override_type, action, qa_interaction_id, original_content, new_content, reason,
        target_version
    ) values (%s, %s, 'qa_answer', 'x', %s, '{}', '{}', 'x', 2) returning id
), told as (
    insert into events (kind, student_id, target_id) select 'override_made', %s, id from made
)
select id, pg_notify('study_events', '') from made
"""


@dataclass(frozen=True, slots=True)
class School:
    """Students, and tutors of the first of them, with tokens."""

    students: Sequence[tuple[UUID, str]]
    tutors: Sequence[tuple[UUID, str]]
    questions: Sequence[UUID]


def make_school(postgres: Postgres, data_dir: Path, *, students: int, tutors: int) -> School:
    """People."""
    issuer = local_issuer_for(data_dir=data_dir)
    people = {
        role: [(uuid4(), issuer.issue(f"{role}-{number}")) for number in range(count)]
        for role, count in (("student", students), ("tutor", tutors))
    }
    questions = [uuid4() for _ in range(students)]
    with psycopg.connect(postgres.owner_url) as owner:
        cursor = owner.cursor()
        for role, known in people.items():
            cursor.executemany(
                "insert into users (id, cognito_sub, email, role) values (%s, %s, %s || '@school.test', %s)",
                [(person, f"{role}-{number}", f"{role}-{number}", role) for number, (person, _) in enumerate(known)],
            )
        first = people["student"][0][0]
        cursor.executemany(
            "insert into tutor_student_assignments (tutor_id, student_id) values (%s, %s)",
            [(tutor, first) for tutor, _ in people["tutor"]],
        )
        cursor.executemany(
            "insert into qa_interactions (id, student_id, query, answer, confidence) values (%s, %s, '', '', 'Low')",
            [(question, student) for question, (student, _) in zip(questions, people["student"], strict=True)],
        )
        owner.commit()
        owner.autocommit = True
        owner.execute("vacuum analyze")
    return School(people["student"], people["tutor"], questions)


class Ours:
    """A `study-companion serve`."""

    def __init__(
        self, server: StudyServer, postgres: Postgres, school: School, writer: psycopg.Connection[Any]
    ) -> None:
        self.pid, self.port = server.pid, server.port
        self._postgres, self._school, self._writer = postgres, school, writer

    def group(self, student: int, sockets: int, people: int = 1) -> list[dict[str, Any]]:
        """The student's own sockets, or with those of the tutors of the first."""
        school = self._school
        watching = [school.students[student][1], *(token for _, token in school.tutors)][:people]
        query = f"subscription ($id: ID!) {{ overrideUpdates(studentId: $id) {SELECTED} }}"
        variables = {"id": to_global("Student", school.students[student][0])}
        return [
            {"query": query, "variables": variables, "token": token, "sockets": sockets // people} for token in watching
        ]

    def tell(self, student: int) -> tuple[str, int]:
        """An override is made, and logged."""
        student_id = self._school.students[student][0]
        tutor_id = self._school.tutors[0][0]
        given = [tutor_id, student_id, self._school.questions[student], student_id]
        row = self._writer.execute(_TELL, given).fetchone()
        assert row is not None
        began = time.monotonic_ns()
        self._writer.commit()
        return to_global("Override", row[0]), began

    def database_cpu(self) -> float:
        """Of all the server's processes that are there."""
        postmaster = self._postgres.server.pid
        found = 0.0
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                process = Process(int(folder.name))
                if process.parent == postmaster:
                    found += process.cpu
            except (FileNotFoundError, ProcessLookupError):
                continue
        return found


@contextmanager
def ours(folder: Path, postgres: Postgres, school: School) -> Iterator[Ours]:
    """One of our servers."""
    with ExitStack() as stack:
        server = StudyServer(
            folder,
            "ours",
            STUDY_DATA_DIR=folder / "data",
            DATABASE_URL=postgres.app_url,
            SOCKETS_PER_PERSON=5_000,
        )
        stack.enter_context(server)
        server.wait_until_ready()
        writer = stack.enter_context(psycopg.connect(postgres.owner_url))
        yield Ours(server, postgres, school, writer)
