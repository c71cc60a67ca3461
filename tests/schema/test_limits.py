"""What a document may ask for, and that the limits hold before anything is read."""

from typing import Any

import pytest
from graphql import get_introspection_query, parse

from schema.api import schema
from schema.budget import Budget, Spent
from schema.context import Services
from schema.documents import MAX_TOKENS
from schema.limits import (
    MAX_ALIASES,
    MAX_COST,
    MAX_DEPTH,
    MAX_DIRECTIVES,
    MAX_FIELDS,
    MAX_FRAGMENTS,
    MAX_MUTATIONS,
    MAX_REPEATS,
    check,
)
from schema.results import MAX_ERRORS
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


def _chain(count: int) -> str:
    return "".join(f" fragment F{n} on Query {{...F{n + 1}}}" for n in range(count))


GOALS = " ".join(f'g{n}: createGoal(input: {{studentId: "x", title: "x"}}) {{ goal {{ id }} }}' for n in range(25))


@pytest.mark.parametrize(
    ("document", "variables", "limit"),
    [
        ("{" + " viewer { id }" * (MAX_REPEATS + 1) + " }", {}, f"at most {MAX_REPEATS}"),
        ("{" + " ...F" * (MAX_REPEATS + 1) + " } fragment F on Query { viewer { id } }", {}, f"at most {MAX_REPEATS}"),
        ("{" + " viewer { id }" * 20_000 + " }", {}, f"{MAX_TOKENS}"),
        (_nested(3, "first: 100"), {}, f"at most {MAX_COST:,}"),
        (_nested(3, "first: $n"), {"n": 100}, f"at most {MAX_COST:,}"),
        (_nested(3, "last: $n"), {"n": 100}, f"at most {MAX_COST:,}"),
        (_nested(20, "first: 1"), {}, f"at most {MAX_DEPTH} fields deep; this one is 63 deep"),
        (_fragments(30), {}, f"{MAX_FIELDS:,} fields, fragments counted where they stand; this one has countless"),
        (_nested(3, "first: $n, last: null"), {"n": 100}, f"at most {MAX_COST:,}"),
        (_nested(3, "first: $n").replace("$n: Int", "$n: Int = 100"), {}, f"at most {MAX_COST:,}"),
        ("{" + " ".join(f"a{n}: __typename" for n in range(201)) + "}", {}, f"{MAX_ALIASES} aliases; this one has 201"),
        ("{ __typename" + " @skip(if: false)" * 201 + "}", {}, f"{MAX_DIRECTIVES} directives; this one has 201"),
        ("mutation { ...F } fragment F on Mutation {" + GOALS + "}", {}, "this one names 25"),
        ("{a" * 900, {}, "nested too deeply"),
        ("{ ...F0 }" + _chain(300), {}, f"{MAX_FRAGMENTS} fragments; this one has 300"),
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
        nudges = " ".join(f"a{n}: message" for n in range(MAX_ALIASES + 1))
        live = f"subscription {{ newNudges {{ nudge {{ {nudges} }} }} }}"
        await socket.send(id="2", type="subscribe", payload={"query": live})
        for _ in range(2):
            message = await socket.receive()
            assert message["type"] == "error"
            assert message["payload"][0]["extensions"]["code"] == "TOO_COMPLEX"


HUNDRED = "{ subjects(first: 100) { nodes { id } pageInfo { hasNextPage } edges { cursor } } }"


async def test_an_answer_says_what_it_cost(api: Api, make: Make, services: Services) -> None:
    services.budget.per_second = 0.001
    sam = await make.student()
    for name in ("Algebra", "Biology"):
        await make.subject(name)
    costs = [(await api.post(HUNDRED, sam)).json()["extensions"]["cost"] for _ in range(2)]
    assert costs == [
        {"requested": 100, "actual": 2, "remaining": 99_998},
        {"requested": 100, "actual": 2, "remaining": 99_996},
    ]
    await make.goal(sam)
    await make.goal(sam)
    nested = "{ viewer { id ... on Student { id goals { nodes { id title student { id } } } } } }"
    # The third time it is read in another way.
    actual = [(await api.post(nested, sam)).json()["extensions"]["cost"]["actual"] for _ in range(4)]
    assert actual == [5] * 4
    await make.owner.execute("update goals set title = 'f(x) = {'")
    for nested in (
        "{ viewer { ... on Student { goals { __typename nodes { __typename title student { id } } } } } }",
        "{ viewer { ... on Student { goals { rows: nodes { nodes: title student { nodes: __typename } } } } } }",
        "{ viewer { ... on Student { goals { nodes { nodes: id student { nodes: __typename } } } } } }",
        "{ viewer { ... on Student { goals { nodes { id @skip(if: true) } again: nodes { student { id } } } } } }",
    ):
        actual = [(await api.post(nested, sam)).json()["extensions"]["cost"]["actual"] for _ in range(4)]
        assert actual == [actual[0]] * 4
        assert actual[0] in (5, 7)
    nobody = (await api.post("{ __typename }")).json()
    assert nobody["extensions"] == {"cost": {"requested": 1, "actual": 1, "remaining": None}}


async def test_what_runs_is_paid_for_whatever_fails_in_it_and_what_does_not_is_free(
    api: Api, make: Make, services: Services
) -> None:
    services.budget.per_second = 0.001
    sam = await make.student()
    await make.subject()
    document = 'query ($n: Int) { node(id: "x") { id } subjects(first: $n) { nodes { id } } }'
    told = []
    # The first time it is run in another way.
    for n in (100, 100, 100, "many", "many"):
        answer = (await api.post(document, sam, n=n)).json()
        assert answer["errors"]
        told.append(answer.get("extensions", {}).get("cost"))
    assert told == [{"requested": 101, "actual": 1, "remaining": 100_000 - n} for n in (1, 2, 3)] + [None, None]
    assert (await api.post("{ __typename }", sam)).json()["extensions"]["cost"]["remaining"] == 99_996


async def test_a_person_has_a_budget(api: Api, make: Make, services: Services, statements: Statements) -> None:
    sam, tess = await make.student(), await make.tutor()
    services.budget.take("sub-sam", services.budget.capacity - 50)
    services.budget.per_second = 0.001
    assert "errors" not in await api.run("{ viewer { id } }", sam)
    statements.clear()
    for _ in range(2):
        response = await api.http.post(
            f"http://{api.address}/graphql",
            json={"query": HUNDRED},
            headers={"authorization": f"Bearer {sam.token}", "accept": "application/graphql-response+json"},
        )
        (error,) = response.json()["errors"]
        assert response.status_code == 429
        assert int(response.headers["retry-after"]) == error["extensions"]["retryAfter"] > 1000
        assert error["extensions"]["code"] == "BUDGET_SPENT"
        assert "may cost 100 points" in error["message"]
        assert "49 are left" in error["message"]
    assert "errors" not in await api.run(HUNDRED, tess)
    async with api.socket(sam) as socket:
        services.budget.take("sub-sam", 49)
        await socket.send(id="1", type="subscribe", payload={"query": "subscription { newNudges { nudge { id } } }"})
        message = await socket.receive()
        assert message["payload"][0]["extensions"]["code"] == "BUDGET_SPENT"


async def test_only_the_first_errors_are_told(api: Api) -> None:
    document = "{ " + " ".join(f"x{n}" for n in range(90)) + " }"
    errors = (await api.run(document))["errors"]
    assert len(errors) == MAX_ERRORS + 1
    assert errors[-1]["extensions"]["code"] == "TOO_MANY_ERRORS"
    assert "90 errors" in errors[-1]["message"]


def _cost(document: str, **variables: Any) -> int:
    return check(parse(document), schema._schema, None).under(variables)


def test_costs_are_objects_times_pages() -> None:
    assert _cost("{ __typename }") == 1
    assert _cost("{ students { nodes { id goals(first: 3) { nodes { id } } } } }") == 20 + 20 * 3
    assert (
        _cost("query ($n: Int) { students(first: $n) { nodes { goals(first: $n) { edges { node { id } } } } } }", n=4)
        == 4 + 16
    )
    assert _cost("query ($n: Int = 7) { students(first: $n) { nodes { id } } }") == 7
    assert _cost("query ($n: Int = 7) { students(first: $n) { nodes { id } } }", n=None) == 20
    assert _cost("query ($n: Int!) { students(first: $n) { nodes { id } } }", n=10**9) == 100
    # JSON has one kind of numbers, and GraphQL takes this one for an Int.
    assert _cost("query ($n: Int!) { students(first: $n) { nodes { id } } }", n=100.0) == 100
    assert _cost("query ($i: [ID!]!) { nodes(ids: $i) { id } }", i=["a", "b"]) == 2
    assert _cost('{ nodes(ids: ["a", "b", "c"]) { id } }') == 3
    skipped = """
        query ($all: Boolean!) { students { nodes { id } ...F @skip(if: $all) } }
        fragment F on StudentConnection {
          nodes {
            viewer: id
            sessions(first: 2) @include(if: true) { nodes { id } }
            goals @skip(if: true) { nodes { id } }
          }
        }
    """
    assert (_cost(skipped, all=True), _cost(skipped, all=False)) == (20, 20 + 20 + 20 * 2)
    assert _cost("mutation { createGoal(input: {}) { goal { id } } }") == 10 + 2


def test_a_budget_fills_again() -> None:
    now = [0.0]
    budget = Budget(100, 10, clock=lambda: now[0])
    budget.take("sam", 90)
    with pytest.raises(Spent, match=r"20 points.*10 are left.*1 s"):
        budget.take("sam", 20)
    budget.take("tess", 100)
    assert budget.settle("sam", 90, 30) == 70
    assert budget.settle("sam", 0, 1_000) == 0
    now[0] = 4.0
    assert budget.settle("sam", 0, 0) == 40
    now[0] = 1e6
    assert budget.settle("sam", 0, 0) == 100
