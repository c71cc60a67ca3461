"""Who may do and see what: every root field and every sensitive field, for every kind of viewer."""

import json
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType, GraphQLScalarType

from domain.permissions import Permission
from domain.viewer import Role
from schema.api import schema
from tests.api import Api
from tests.make import Make, Person
from tests.schema.world import SECRETS, world

VIEWERS = ["anonymous", "student", "tutor", "parent", "admin"]
_ROOTS = {
    kind: root
    for kind, root in (
        ("query", schema._schema.query_type),
        ("mutation", schema._schema.mutation_type),
        ("subscription", schema._schema.subscription_type),
    )
    if root is not None
}

QUERIES = {
    "viewer": "{ viewer { id } }",
    "students": "{ students { nodes { id } } }",
    "users": "{ users { nodes { id } } }",
    "subjects": "{ subjects { nodes { id } } }",
    "practiceBank": "{ practiceBank { nodes { id } } }",
    "studyMaterials": "{ studyMaterials { nodes { id } } }",
    "nextPractice": "query ($sam: ID!) { nextPractice(subjectId: $sam, studentId: $sam) { rating } }",
    "reviewQueue": "{ reviewQueue { nodes { __typename } } }",
    "studentProgress": "query ($sam: ID!) { studentProgress(studentId: $sam) { goal { id } } }",
    "overrideAnalytics": "{ overrideAnalytics(groupBy: [STUDENT]) { student { id } } }",
    "confidenceDistribution": "{ confidenceDistribution(groupBy: [STUDENT]) { student { id } } }",
    "confidenceCalibration": "{ confidenceCalibration { judgedCount } }",
    "nudgeEngagement": "{ nudgeEngagement(groupBy: [PERSON]) { person { id } } }",
    "auditLog": "{ auditLog { nodes { id } } }",
    "failedJobs": "{ failedJobs { nodes { id } } }",
    "node": "query ($sam: ID!) { node(id: $sam) { id } }",
    "nodes": "query ($sam: ID!) { nodes(ids: [$sam]) { id } }",
}

TEXT = "written by a stranger"
INPUTS: dict[str, dict[str, Any]] = {
    "createGoal": {"studentId": "sam", "title": TEXT},
    "updateGoal": {"id": "goal", "title": TEXT},
    "changeGoalStatus": {"id": "goal", "status": "PAUSED"},
    "confirmGoal": {"id": "goal"},
    "reportGoalProgress": {"id": "goal", "completionPercentage": "50"},
    "recordSession": {"studentId": "sam", "startedAt": "2026-03-02T16:00:00Z"},
    "updateSession": {"id": "session", "notes": TEXT},
    "regenerateSummary": {"id": "summary", "expectedVersion": 1},
    "attachTranscript": {"sessionId": "session", "transcript": {"text": f"Tutor: {TEXT}"}},
    "createPracticeItem": {"subjectId": "subject", "questionText": TEXT, "answerText": "4", "difficultyLevel": 5},
    "updatePracticeItem": {"id": "item", "questionText": TEXT},
    "setPracticeItemActive": {"id": "item", "active": False},
    "assignPractice": {"studentId": "sam", "itemId": "item"},
    "approvePractice": {"id": "flagged"},
    "rejectPractice": {"id": "flagged"},
    "takeNextPractice": {"subjectId": "subject", "studentId": "sam"},
    "setPracticeSettings": {"studentId": "sam", "targetSuccess": "0.9"},
    "completePractice": {"id": "practice", "response": "4"},
    "addStudyMaterial": {"subjectId": "subject", "title": TEXT, "text": TEXT},
    "setStudyMaterialActive": {"id": "material", "active": False},
    "askQuestion": {"query": TEXT},
    "revealAnswer": {"id": "question"},
    "escalateQuestion": {"id": "question", "tutorId": "tess"},
    "answerQuestion": {"id": "question", "expectedVersion": 1, "answer": TEXT},
    "sendNudge": {"studentId": "sam", "type": "LOGIN", "channel": "IN_APP", "message": TEXT},
    "markNudgeOpened": {"id": "nudge"},
    "markNudgeClicked": {"id": "nudge"},
    "overrideSummary": {"id": "summary", "expectedVersion": 1, "narrative": TEXT},
    "overridePractice": {"id": "practice", "expectedVersion": 1, "question": TEXT},
    "overrideAnswer": {"id": "question", "expectedVersion": 1, "answer": TEXT},
    "revertOverride": {"id": "override", "expectedVersion": 1},
    "updateProfile": {"userId": "sam", "displayName": TEXT},
    "updatePreferences": {"userId": "sam", "nudgeFrequencyCap": 9},
    "createUser": {"email": "new@school.test", "role": "ADMIN", "cognitoSub": "sub-new"},
    "updateUser": {"id": "sam", "displayName": TEXT},
    "eraseUser": {"id": "sam"},
    "disconnectUser": {"userId": "sam"},
    "renewToken": {"token": "x"},
    "exportUser": {"userId": "sam"},
    "createSubject": {"name": TEXT},
    "updateSubject": {"id": "subject", "name": TEXT},
    "createTutorAssignment": {"tutorId": "tess", "studentId": "other"},
    "changeTutorAssignmentStatus": {"id": "assignment", "status": "PAUSED"},
    "updateTutorAssignment": {"id": "assignment", "notes": TEXT},
    "createParentLink": {"parentId": "pat", "studentId": "other"},
    "endParentLink": {"id": "link"},
    "retryJob": {"id": "failed_job"},
    "resumeParentLink": {"id": "link"},
}
ONESELF = {"acknowledgeDisclaimer"}
"""Mutations that name nobody but the viewer."""
OPEN_TO_STRANGERS = {("tutor", "createPracticeItem"), ("tutor", "addStudyMaterial"), ("student", "askQuestion")} | {
    (role, "renewToken") for role in ("student", "tutor", "parent")
}
"""What a person may do whether or not they know the student: the bank is everybody's, a token one's own."""

ASKING = {"answerStream": 'subscription { answerStream(query: " ") { userErrors { code } } }'}
"""Streams that say something of their own accord, and end."""
SUBSCRIPTIONS = {
    "overrideUpdates": "subscription ($sam: ID!) { overrideUpdates(studentId: $sam) { kind } }",
    "activity": "subscription ($sam: ID!) { activity(studentId: $sam) { kind } }",
    "summaryReady": "subscription ($sam: ID!) { summaryReady(studentId: $sam) { kind } }",
    "newNudges": "subscription ($sam: ID!) { newNudges(studentId: $sam) { kind } }",
}


def test_every_root_field_is_tested_here() -> None:
    assert set(QUERIES) == set(_ROOTS["query"].fields)
    assert set(INPUTS) | ONESELF == set(_ROOTS["mutation"].fields)
    assert set(SUBSCRIPTIONS) | set(ASKING) == set(_ROOTS["subscription"].fields)


@pytest.mark.parametrize("kind", list(_ROOTS))
def test_every_root_field_names_its_permission(kind: str) -> None:
    without = [name for name, field in _ROOTS[kind].fields.items() if not isinstance(_permission(field), Permission)]
    assert without == []


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_doors_open_for_the_roles_that_the_permission_names(api: Api, make: Make, viewer: str) -> None:
    """With ids of nothing, so that whoever passes the door meets an empty room and nothing is changed."""
    who = None if viewer == "anonymous" else await make.person(viewer, "kim")
    operations: list[tuple[str, GraphQLObjectType, str, dict[str, Any]]] = [
        (name, _ROOTS["query"], document, {"sam": "x"}) for name, document in QUERIES.items()
    ]
    operations += [
        (name, _ROOTS["mutation"], _mutation(name), {"input": _with_ids(INPUTS[name], {})}) for name in INPUTS
    ]
    operations += [(name, _ROOTS["mutation"], _mutation(name), {}) for name in ONESELF]
    for name, root, document, variables in operations:
        wanted = _refusal(_permission(root.fields[name]), viewer)
        answer = await api.run(document, who, **variables)
        codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
        assert codes & {"UNAUTHENTICATED", "FORBIDDEN"} == ({wanted} if wanted else set()), (name, answer)


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_doors_of_streams(api: Api, make: Make, viewer: str) -> None:
    here = await world(make)
    who = here.viewer(viewer)
    async with api.socket(who) as socket:
        for name, document in SUBSCRIPTIONS.items():
            await socket.send(id=name, type="subscribe", payload={"query": document, "variables": here.ids})
            if viewer == "anonymous":
                message = await socket.receive()
                errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
                assert [error["extensions"]["code"] for error in errors] == ["UNAUTHENTICATED"]
                if message["type"] == "next":
                    assert (await socket.receive())["type"] == "complete"
        if viewer != "anonymous":
            await socket.nothing()
        for name, document in ASKING.items():
            await socket.send(id=name, type="subscribe", payload={"query": document})
            said = json.dumps(await socket.receive())
            wanted = _refusal(_permission(_ROOTS["subscription"].fields[name]), viewer)
            assert (wanted or '"code": "INVALID"') in said
            assert wanted or viewer == "student"


@pytest.mark.parametrize("stranger", range(4))
async def test_a_stranger_changes_nothing(api: Api, make: Make, stranger: int) -> None:
    here = await world(make)
    who = here.strangers[stranger]
    before = await _everything(make)
    for name, sent in INPUTS.items():
        if (who.role, name) in OPEN_TO_STRANGERS:
            continue
        answer = await api.run(_mutation(name), who, input=_with_ids(sent, here.ids))
        assert _refused(answer, name), (who.email, name, answer)
        assert not any(secret in json.dumps(answer) for secret in SECRETS), (who.email, name, answer)
    assert await _everything(make) == before


@pytest.mark.parametrize("stranger", range(4))
async def test_a_stranger_sees_nothing(api: Api, make: Make, stranger: int) -> None:
    here = await world(make)
    who = here.strangers[stranger]
    for name, global_id in here.ids.items():
        data = await api.data("query ($id: ID!) { node(id: $id) { __typename id } }", who, id=global_id)
        seen = {"subject", "material"} | ({"other"} if who is here.strangers[0] else set())
        # The bank is everybody's who teaches.
        seen |= {"item"} if who.role == "tutor" else set()
        # Who taught sam is known to those who know sam; nobody here does any more.
        assert (data["node"] is not None) == (name in seen), (who.email, name)
    answer = await _walk(api, who)
    assert not any(secret in answer.replace(json.dumps(who.email), "") for secret in ("sam@school.test", *_kept(who)))


SENSITIVE = [
    # field, document, path to it, who reads it
    ("transcript", "... on Session { transcript { wordCount } }", "session", {"student", "tutor", "admin"}),
    ("turns", "... on Session { transcript { turns { text } } }", "session", {"student", "tutor", "admin"}),
    ("notes", "... on Session { notes }", "session", {"tutor", "admin"}),
    ("notes on an assignment", "... on TutorAssignment { notes }", "assignment", {"tutor", "admin"}),
    ("solution of open practice", "... on PracticeAssignment { solution { answer } }", "practice", {"tutor", "admin"}),
    ("solution in the bank", "... on PracticeItem { solution { answer } }", "item", {"tutor", "admin"}),
    ("question", "... on Question { query answer }", "question", {"student", "tutor", "admin"}),
    ("override of an answer", "... on Override { action }", "answer_override", {"student", "tutor", "admin"}),
    ("details", "... on Student { details { disclaimerShown } }", "sam", {"student", "tutor", "parent", "admin"}),
    ("details of a tutor", "... on Tutor { details { disclaimerShown } }", "tess", {"tutor", "admin"}),
    ("token subject", "... on Student { cognitoSub }", "sam", {"admin"}),
    ("goal", "... on Goal { title }", "goal", {"student", "tutor", "parent", "admin"}),
    ("summary", "... on Summary { narrative }", "summary", {"student", "tutor", "parent", "admin"}),
    ("practice", "... on PracticeAssignment { questionText }", "practice", {"student", "tutor", "parent", "admin"}),
    ("rating", "... on StudentRating { rating }", "rating", {"student", "tutor", "parent", "admin"}),
    ("nudge", "... on Nudge { message }", "nudge", {"student", "tutor", "parent", "admin"}),
]


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_sensitive_fields_are_read_by_those_who_may(api: Api, make: Make, viewer: str) -> None:
    here = await world(make)
    for name, selection, row, readers in SENSITIVE:
        document = f"query ($id: ID!) {{ node(id: $id) {{ {selection} }} }}"
        answer = await api.run(document, here.viewer(viewer), id=here.ids[row])
        read = any(True for _ in _scalars(answer["data"]))
        assert read == (viewer in readers), (viewer, name, answer)
        if viewer != "anonymous":
            assert "errors" not in answer, (viewer, name, answer)


@pytest.mark.parametrize("viewer", ["student", "parent"])
async def test_no_way_through_the_graph_leads_to_what_one_may_not_read(api: Api, make: Make, viewer: str) -> None:
    here = await world(make)
    answer = await _walk(api, here.viewer(viewer))
    hidden = {
        "student": {"private-note", "assignment-note", "open-answer", "open-explanation"},
        "parent": {"heliotrope", "private-note", "assignment-note", "open-answer", "open-explanation", "asked-text"},
    }[viewer]
    assert {secret for secret in hidden if secret in answer} == set()


async def test_the_walk_does_reach_the_secrets(api: Api, make: Make) -> None:
    """So that the tests above can fail."""
    here = await world(make)
    answer = await _walk(api, here.ada)
    assert {secret for secret in SECRETS if secret not in answer} == set()


async def _walk(api: Api, who: Person | None) -> str:
    """All answers to queries for every scalar of every type, two edges from each student; made from the schema."""
    answers = []
    for root, kind in (("students", _named("Student")), ("subjects", _named("Subject"))):
        for field in kind.fields:
            chosen = _selection(kind, 3, (), only=field)
            document = f"{{ {root}(first: 5) {{ nodes {{ {chosen} }} }} }}"
            answer = await api.run(document, who)
            refused = [error for error in answer.get("errors", []) if error["extensions"]["code"] != "UNAUTHENTICATED"]
            assert refused == [], document
            answers.append(answer)
    return json.dumps(answers)


def _named(name: str) -> GraphQLObjectType:
    found = schema._schema.get_type(name)
    assert isinstance(found, GraphQLObjectType)
    return found


def _selection(kind: GraphQLObjectType, depth: int, above: tuple[str, ...], only: str | None = None) -> str:
    chosen = ["__typename"]
    for name, field in kind.fields.items():
        if only is not None and name != only:
            continue
        result: Any = field.type
        while hasattr(result, "of_type"):
            result = result.of_type
        if any(
            isinstance(argument.type, GraphQLNonNull) and argument.default_value is None
            for argument in field.args.values()
        ):
            continue
        if not hasattr(result, "fields"):
            if isinstance(result, GraphQLScalarType) or not hasattr(result, "types"):
                chosen.append(name)
            continue
        is_page = result.name.endswith("Connection")
        if isinstance(result, GraphQLObjectType) and (depth > 0 or not is_page) and result.name not in above:
            if is_page:
                inner: Any = result.fields["nodes"].type
                while hasattr(inner, "of_type"):
                    inner = inner.of_type
                if isinstance(inner, GraphQLObjectType) and inner.name not in above:
                    chosen.append(
                        f"{name}(first: 3) {{ nodes {{ {_selection(inner, depth - 1, (*above, kind.name))} }} }}"
                    )
            elif depth > 0:
                chosen.append(f"{name} {{ {_selection(result, depth - 1, (*above, kind.name))} }}")
    return " ".join(chosen)


def _permission(field: GraphQLField) -> Any:
    return field.extensions["strawberry-definition"].metadata.get("permission")


def _refusal(permission: Permission, viewer: str) -> str | None:
    if permission.roles is None:
        return None
    if viewer == "anonymous":
        return "UNAUTHENTICATED"
    return None if Role(viewer) in permission.roles else "FORBIDDEN"


def _mutation(name: str) -> str:
    field = _ROOTS["mutation"].fields[name]
    if not field.args:
        return f"mutation {{ {name} {{ userErrors {{ code }} }} }}"
    (argument,) = field.args.values()
    return f"mutation ($input: {argument.type}) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"


def _with_ids(sent: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    return {key: ids.get(value, "x") if key == "id" or key.endswith("Id") else value for key, value in sent.items()}


def _refused(answer: dict[str, Any], name: str) -> bool:
    if "errors" in answer:
        return all(error["extensions"]["code"] in {"FORBIDDEN", "UNAUTHENTICATED"} for error in answer["errors"])
    codes = {error["code"] for error in answer["data"][name]["userErrors"]}
    return bool(codes) and codes <= {"NOT_FOUND", "FORBIDDEN"}


async def _everything(make: Make) -> dict[str, str]:
    """A digest of every table but the audit log, which may say that something was tried."""
    cursor = await make.owner.execute(
        "select tablename from pg_tables where schemaname = 'public' and tablename not in ('alembic_version')"
    )
    found = {}
    for (table,) in await cursor.fetchall():
        digest = await make.owner.execute(
            f"select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} as t".encode()
        )
        found[table] = (await digest.fetchone() or ("",))[0]
    return found


def _scalars(value: Any) -> Any:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _scalars(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scalars(inner)
    elif value is not None:
        yield value


def _kept(who: Person) -> tuple[str, ...]:
    # The bank is open to tutors, solutions included.
    return tuple(secret for secret in SECRETS if not (who.role == "tutor" and secret.startswith("open-")))
