"""What `make bench` asks: it stays in step with the schema, and tells different answers apart."""

from typing import Any

import pytest
import strawberry
from graphql import parse, validate

from schema.api import schema
from schema.ids import to_global
from tests.bench import plain_graph
from tests.bench.operations import Asked, Documents, essence
from tests.bench.school import named


@pytest.mark.parametrize("operation", ["Row", "Home", "Dashboard", "Large", "List"])
def test_our_schema_has_what_is_asked(operation: str) -> None:
    """Fields that were renamed would end the bench."""
    assert validate(schema._schema, parse(Documents("ours").text(operation))) == []


@pytest.mark.parametrize("operation", ["Row", "Home", "Dashboard", "List"])
def test_so_has_the_plain_one(operation: str) -> None:
    """It is a peer only where it gives the same."""
    plain = strawberry.Schema(plain_graph.Query)
    assert validate(plain._schema, parse(Documents("plain").text(operation))) == []


def test_every_viewer_asks_for_a_row_of_their_own() -> None:
    """A tutor's first student has it."""
    assert Asked("Row", "tutor-3").row == named("session-60-20")


GOAL = {"id": str(named("goal")), "status": "active", "completionPercentage": 42.0}
OTHER = {"id": str(named("other")), "goals": []}


def _ours(status: str = "ACTIVE") -> Any:
    goal = {"id": to_global("Goal", named("goal")), "status": status, "completionPercentage": "42.00"}
    students = [
        {"id": to_global("Student", named("other")), "goals": {"nodes": []}},
        {"id": to_global("Student", named("student")), "goals": {"nodes": [goal]}},
    ]
    return {"data": {"viewer": {"students": {"nodes": students[:1]}, "second": {"nodes": students[1:]}}}}


def test_the_same_answer_is_the_same_however_it_is_wrapped() -> None:
    """Lists, pages, ids, enums, numbers, and the order of students."""
    students = [{"student": {"rowId": str(named("student")), "goals": {"nodes": [GOAL]}}}, {"student": OTHER}]
    assert essence({"data": {"user": {"students": {"nodes": students}}}}) == essence(_ours())


def test_another_answer_is_another() -> None:
    """One word is enough."""
    assert essence(_ours()) != essence(_ours("PAUSED"))
