"""Each rule of execution by itself: what is answered, what is called, and how often."""

import gc
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from weakref import ref

import pytest
from graphql import parse

from domain.identity.tokens import Identity
from schema.context import Context, Services
from schema.execution.documents import MAX_CHARACTERS, MAX_DOCUMENTS, MAX_PLANS, Document, Documents
from schema.execution.plan import Inexpressible
from tests.api import Api
from tests.make import Make
from tests.schema.conftest import Statements
from tests.schema.execution import nasty
from tests.schema.execution.comparing import Pair
from tests.schema.execution.test_same_answers import nasty_pair

DOCUMENTS = [
    "query ($n: Int = 2, $b: Boolean!) { things(first: $n) { plain(by: $n) text @skip(if: $b) } }",
    "query ($n: Int, $b: Boolean!) { things(first: $n) { plain(by: $n) text @include(if: $b) } echo(numbers: [$n]) }",
    "query ($n: Int!, $b: Boolean!) { echo(numbers: $n) @include(if: $b) }",
    "query ($n: [Int!], $b: Boolean = true) { echo(numbers: $n) @skip(if: $b) }",
    "query ($n: Colour) { echo(colour: $n) }",
    "{ echo(colour: AZURE, numbers: 5) }",
    '{ echo(text: "\\u00e9") again: echo(text: "\\u00e9") }',
    "{ thing { ...F ... on A { path } ... on Node { id } ...F } } fragment F on Thing { __typename path }",
    "{ thing { held { path } held { text } } thing { held { held { path } } } }",
    "{ thing { choice { __typename ... on A { text } ... on B { flag } ... on Thing { id } } } }",
    "{ thing { page(last: 2) { edges { cursor node { id } } pageInfo { hasNextPage endCursor } totalCount } } }",
    "{ broken { id } thing { id } }",
    "{ thing @skip(if: true) { id } }",
    "{ __typename }",
]
VARIABLES: list[dict[str, Any] | None] = [None, {}, {"n": None, "b": None}, {"n": 3, "b": True}, {"n": "x", "b": False}]


@pytest.fixture(scope="module")
def executors() -> Pair:
    """graphql-core and ours, on the schema in which things go wrong."""
    return nasty_pair()


@pytest.fixture
def tame() -> Iterator[None]:
    """A world in which nothing is wrong but what a test puts there."""
    before, glum = nasty.world, nasty.GLUM
    nasty.GLUM = 0
    nasty.world = nasty.World(1)
    for record in nasty.world.records.values():
        record.values.update({name: 1 for name in nasty.KEYS if name != "some"}, text="t", count=1, flag=True)
    nasty.calls.clear()
    yield
    nasty.world, nasty.GLUM = before, glum


@pytest.fixture
async def tutor(api: Api, make: Make, services: Services) -> Identity:
    """Somebody who may ask."""
    return await services.verifier.verify((await make.tutor("tess")).token)


def spoil(index: int, **values: Any) -> None:
    """Put something wrong into one record."""
    nasty.world.records[index].values.update(values)


@pytest.mark.usefixtures("tame")
class TestAnswers:
    """Of both executors."""

    async def test_an_error_is_at_its_place_and_beside_it_all_is_well(
        self, executors: Pair, services: Services, tutor: Identity
    ) -> None:
        spoil(1, text_or_null=nasty.Raise(RuntimeError("x")))
        data, errors = await executors.compare(services, tutor, "{ things(first: 3) { flag textOrNull } }")
        assert [thing["flag"] for thing in data["things"]] == [True] * 3
        assert data["things"][1]["textOrNull"] is None
        assert [error.path for error in errors] == [["things", 1, "textOrNull"]]

    async def test_a_null_climbs_to_the_nearest_place_that_may_be_null(
        self, executors: Pair, services: Services, tutor: Identity
    ) -> None:
        spoil(2, text=None)
        data, errors = await executors.compare(services, tutor, "{ rows { flag } thing(index: 2) { flag text } }")
        assert data["thing"] is None
        assert data["rows"] == [[{"flag": True}] * 2, None, [], [None, {"flag": True}]]
        assert [error.path for error in errors] == [["thing", "text"]]

    async def test_a_null_climbs_through_lists_to_the_top(
        self, executors: Pair, services: Services, tutor: Identity
    ) -> None:
        spoil(2, text=None)
        data, errors = await executors.compare(services, tutor, "{ things(first: 3) { text } }")
        assert data is None
        assert [error.path for error in errors] == [["things", 2, "text"]]

    async def test_of_lists_in_lists_the_row_with_the_null_goes(
        self, executors: Pair, services: Services, tutor: Identity
    ) -> None:
        record = nasty.world.records[1]
        spoil(0, grid=[[record], [None, record], [record]])
        data, errors = await executors.compare(services, tutor, "{ thing { grid { __typename } } rows { flag } }")
        assert data["thing"]["grid"] is None
        assert [error.path for error in errors] == [["thing", "grid", 1, 0]]

    async def test_an_edge_that_fails_leaves_the_others_alone(
        self, executors: Pair, services: Services, tutor: Identity
    ) -> None:
        document = "{ things(first: 2) { doomed { flag } short { flag } other { flag } } }"
        data, errors = await executors.compare(services, tutor, document)
        assert data["things"] == [{"doomed": None, "short": None, "other": {"flag": True}}] * 2
        assert len(errors) == 4
        assert {error.extensions["code"] for error in errors if error.extensions} == {"INTERNAL"}

    async def test_a_failed_key_is_the_error_of_those_who_asked_for_it(
        self, executors: Pair, services: Services, tutor: Identity
    ) -> None:
        spoil(1, other="failed")
        data, errors = await executors.compare(services, tutor, "{ things(first: 3) { other { flag } } }")
        assert [thing["other"] for thing in data["things"]] == [{"flag": True}, None, {"flag": True}]
        assert [error.path for error in errors] == [["things", 1, "other"]]

    async def test_arguments_that_are_refused_are_the_error_of_each_parent(
        self, executors: Pair, services: Services, tutor: Identity
    ) -> None:
        document = (
            '{ a: thing { page(where: {like: "bad"}) { totalCount } } b: thing { page(first: 101) { totalCount } } }'
        )
        data, errors = await executors.compare(services, tutor, document)
        assert data == {"a": None, "b": None}
        assert [(error.path, error.extensions) for error in errors] == [
            (["a", "page"], {"code": "BAD_FILTER"}),
            (["b", "page"], {"code": "BAD_PAGE"}),
        ]

    async def test_a_guard_on_a_field_is_asked_for_each_object(
        self, executors: Pair, services: Services, tutor: Identity
    ) -> None:
        data, errors = await executors.compare(services, tutor, "{ things(first: 4) { guarded { flag } } }")
        assert [thing["guarded"] is None for thing in data["things"]] == [True, False, False, True]
        assert [error.path for error in errors] == [["things", 0, "guarded"], ["things", 3, "guarded"]]

    async def test_variables_fragments_and_names(self, executors: Pair, services: Services, tutor: Identity) -> None:
        """Valid or not."""
        for document in DOCUMENTS:
            for variables in VARIABLES:
                await executors.compare(services, tutor, document, variables)


@pytest.mark.usefixtures("tame")
class TestCalls:
    """What is called, and how often."""

    async def calls(self, executors: Pair, services: Services, identity: Identity, document: str) -> list[str]:
        """By ours alone."""
        nasty.calls.clear()
        await executors.ours.execute(document, context_value=Context(services, identity))
        return list(nasty.calls)

    async def test_a_batch_function_is_called_once_a_level(
        self, executors: Pair, services: Services, tutor: Identity
    ) -> None:
        document = """{ things(first: 6) { a: one { flag } one { text } ... on B { c: one { id } } other { flag }
            page { nodes { other { one { id } } } totalCount } } }"""
        assert await self.calls(executors, services, tutor, document) == ["ones", "others", "pages", "counted"]

    async def test_changes_are_made_one_after_the_other_with_all_that_is_read_of_each(
        self, executors: Pair, services: Services, tutor: Identity
    ) -> None:
        document = """mutation {
            a: note(text: "a") { other { one { id } } }
            b: note(text: "bb", fail: true) { id }
            c: note(text: "c") { other { id } }
        }"""
        assert await self.calls(executors, services, tutor, document) == [
            "note a", "others", "ones", "note bb", "note c", "others",
        ]  # fmt: skip
        data, errors = await executors.compare(services, tutor, document)
        assert data["b"] is None
        assert [error.path for error in errors] == [["b"]]

    async def test_no_change_is_made_after_an_error_that_nulls_everything(
        self, executors: Pair, services: Services, tutor: Identity
    ) -> None:
        document = (
            'mutation { a: note(text: "a") { id } b: mustNote(text: "b", fail: true) { id } c: note(text: "c") { id } }'
        )
        assert await self.calls(executors, services, tutor, document) == ["note a", "must note b"]
        data, errors = await executors.compare(services, tutor, document)
        assert data is None
        assert [error.path for error in errors] == [["b"]]


async def test_what_no_plan_expresses_goes_to_graphql_core_and_is_counted(api: Api, make: Make) -> None:
    tess = await make.tutor("tess")

    async def counted() -> dict[str, int]:
        text = (await api.http.get(f"http://{api.address}/metrics")).text
        lines = [line.split(" ") for line in text.splitlines() if line.startswith("study_executions_total")]
        return {name.removeprefix("study_executions_total"): int(value) for name, value in lines}

    before = await counted()
    for _ in range(2):
        assert (await api.data('{ __type(name: "Goal") { name } viewer { email } }', tess))["viewer"]
    await api.data("{ viewer { email } }", tess)
    after = await counted()
    ways = ('{way="introspection"}', '{way="breadth_first"}')
    assert [after[way] - before.get(way, 0) for way in ways] == [2, 1]


async def test_what_is_read_by_a_root_field_is_not_read_again_below_it(
    api: Api, make: Make, statements: Statements
) -> None:
    sam = await make.student("sam")
    await make.goal(sam)
    statements.clear()
    await api.data("{ viewer { ... on Student { goals { nodes { student { email } } } } } }", sam)
    assert sorted(statements.names) == ["goals_by_student", "users_by_id"]


async def test_notes_read_twice_by_two_names_are_on_record_once(api: Api, make: Make) -> None:
    ada, sam = await make.admin("ada"), await make.student("sam")
    await make.session(sam, transcript="Tutor: Hello there.\nStudent: Hello.")
    document = (
        "{ students { nodes { sessions { nodes { a: transcript { wordCount } b: transcript { wordCount } } } } } }"
    )
    await api.data(document, ada)
    log = await api.data('{ auditLog(where: {action: "transcript.read"}) { totalCount } }', ada)
    assert log == {"auditLog": {"totalCount": 1}}


def test_documents_are_forgotten_in_time() -> None:
    documents = Documents()
    texts = [f"{{ a{number}: __typename }}" for number in range(MAX_DOCUMENTS + 50)]
    for text in texts:
        documents.keep(Document(text, parse(text)))
        documents.get(texts[0])
    assert documents.get(texts[0]) is not None
    assert [text for text in texts[1:] if documents.get(text) is None] == texts[1:51]
    long = "{ " + " ".join(f"a{number}: __typename" for number in range(MAX_CHARACTERS // 100)) + " }"
    for number in range(20):
        text = f"query Q{number} {long}"[: MAX_CHARACTERS // 10]
        documents.keep(Document(text, parse(texts[0])))
    assert documents.characters <= MAX_CHARACTERS


def test_plans_are_forgotten_in_time(executors: Pair) -> None:
    names = [f"v{number}" for number in range(6)]
    fields = " ".join(f"{name}: __typename @skip(if: ${name})" for name in names)
    text = f"query ({', '.join(f'${name}: Boolean!' for name in names)}) {{ {fields} }}"
    document = Document(text, parse(text))
    schema = executors.core._schema
    for number in range(2 ** len(names)):
        given = {name: bool(number >> place & 1) for place, name in enumerate(names)}
        plan = document.plan(schema, None, given)
        assert [leaf.key for leaf in plan.root.leaves] == [name for name in names if not given[name]]
        assert document.plan(schema, None, given) is plan
    assert document.plans == MAX_PLANS


def test_a_name_that_no_operation_has_is_not_kept() -> None:
    """Anybody may send any number of them, each as long as a request."""

    class Name(str):
        """One that can be seen to go."""

    document = Document("{ __typename }", parse("{ __typename }"))
    name = Name("nothing")
    gone = ref(name)
    with suppress(Inexpressible):
        document.operation(name)
    del name
    gc.collect()
    assert gone() is None
