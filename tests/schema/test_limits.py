"""What a document may ask for, and that the limits hold before anything is read."""

from typing import Any

import pytest
from graphql import get_introspection_query

from schema.limits import MAX_DEPTH, MAX_FIELDS, MAX_MUTATIONS, MAX_OBJECTS, MAX_REPEATS, MAX_TOKENS
from tests.api import Api
from tests.make import Make
from tests.schema.conftest import Statements
from tests.schema.test_dashboard import DASHBOARD


def _nested(levels: int, page: str) -> str:
    inner = "id"
    for _ in range(levels):
        inner = f"practice({page}) {{ nodes {{ student {{ {inner} }} }} }}"
    variables = "($n: Int)" if "$n" in page else ""
    return f"query {variables} {{ students {{ nodes {{ {inner} }} }} }}"


def _fragments(count: int) -> str:
    chain = "".join(
        f" fragment F{n} on Student {{ ...F{n + 1} ...on Student {{ ...F{n + 1} }} }}" for n in range(count)
    )
    return f"{{ students {{ nodes {{ ...F0 }} }} }}{chain} fragment F{count} on Student {{ id }}"


GOALS = " ".join(f'g{n}: createGoal(input: {{studentId: "x", title: "x"}}) {{ goal {{ id }} }}' for n in range(25))


@pytest.mark.parametrize(
    ("document", "variables", "limit"),
    [
        ("{" + " viewer { id }" * (MAX_REPEATS + 1) + " }", {}, f"at most {MAX_REPEATS}"),
        ("{" + " ...F" * (MAX_REPEATS + 1) + " } fragment F on Query { viewer { id } }", {}, f"at most {MAX_REPEATS}"),
        ("{" + " viewer { id }" * 20_000 + " }", {}, f"{MAX_TOKENS}"),
        (_nested(3, "first: 100"), {}, f"{MAX_OBJECTS:,} objects"),
        (_nested(3, "first: $n"), {"n": 100}, f"{MAX_OBJECTS:,} objects"),
        (_nested(3, "last: $n"), {"n": 100}, f"{MAX_OBJECTS:,} objects"),
        (_nested(20, "first: 1"), {}, f"deeper than {MAX_DEPTH}"),
        (_fragments(30), {}, f"{MAX_FIELDS:,} fields"),
        ("mutation {" + GOALS + "}", {}, f"at most {MAX_MUTATIONS} things"),
    ],
)
async def test_too_much_is_refused_before_anything_runs(
    api: Api, make: Make, statements: Statements, document: str, variables: dict[str, Any], limit: str
) -> None:
    answer = await api.run(document, await make.student(), **variables)
    (error,) = answer["errors"]
    assert error["extensions"]["code"] in {"TOO_COMPLEX", "BAD_REQUEST"}
    assert limit in error["message"]
    assert "data" not in answer
    assert statements.names == []


@pytest.mark.parametrize("document", [get_introspection_query(), DASHBOARD, _nested(2, "first: 10"), _fragments(5)])
async def test_what_clients_ask_for_is_answered(api: Api, make: Make, document: str) -> None:
    await api.data(document, await make.tutor())


async def test_a_fragment_that_spreads_itself_is_only_invalid(api: Api, make: Make) -> None:
    document = "{ viewer { ...A } } fragment A on User { ...B } fragment B on User { ...A }"
    assert await api.error_codes(document, await make.student()) == ["BAD_REQUEST"]


async def test_the_limits_hold_on_sockets(api: Api, make: Make) -> None:
    async with api.socket(await make.student()) as socket:
        await socket.send(id="1", type="subscribe", payload={"query": _nested(3, "first: 100")})
        message = await socket.receive()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "TOO_COMPLEX"
