"""Overrides: what a tutor changes, what of it is kept, and that of two at once one wins."""

import asyncio
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Person
from tests.schema.conftest import Statements
from tests.schema.override_scene import ANSWER, MUTATIONS, PRACTICE, REVERT, SUMMARY, Scene, refusals


async def test_a_summary_is_overridden(api: Api, scene: Scene, statements: Statements) -> None:
    statements.clear()
    data = await api.data(
        SUMMARY,
        scene.tess,
        input={
            "id": scene.ids["overrideSummary"],
            "expectedVersion": 1,
            "narrative": "  We solved quadratics. ",
            "nextSteps": ["Factor", " ", "Practise"],
            "reason": "Too vague",
        },
    )
    assert statements.names[:9] == [
        "lock_summary",
        "sessions_by_id",
        "insert_override",
        "lock_tutor_analytics",
        "count_override",
        "overrides_by_id",
        "update_summary",
        "lock_summary",
        "record_audit",
    ]
    payload = data["overrideSummary"]
    override_id = payload["override"].pop("id")
    assert payload == {
        "override": {
            "targetKind": "SUMMARY",
            "action": "changed narrative, next steps",
            "reason": "Too vague",
            "active": True,
            "targetVersion": 2,
            "revertedAt": None,
            "difficultyLevel": None,
            "tutor": {"email": "tess@school.test"},
            "student": {"email": "sam@school.test"},
            "subject": {"name": "Algebra"},
            "revertedBy": None,
            "summary": {"version": 2},
            "practice": None,
            "question": None,
            "content": {
                "before": {
                    "__typename": "SummaryContent",
                    "narrative": "We solved equations.",
                    "nextSteps": ["Practise"],
                    "subjectsCovered": ["Algebra"],
                },
                "after": {
                    "__typename": "SummaryContent",
                    "narrative": "We solved quadratics.",
                    "nextSteps": ["Factor", "Practise"],
                    "subjectsCovered": ["Algebra"],
                },
            },
        },
        "summary": {
            "narrative": "We solved quadratics.",
            "nextSteps": ["Factor", "Practise"],
            "subjectsCovered": ["Algebra"],
            "overridden": True,
            "version": 2,
            "activeOverride": {"action": "changed narrative, next steps"},
            "overrides": {"totalCount": 1, "nodes": [{"targetVersion": 2}]},
        },
        "userErrors": [],
    }
    assert await scene.row("users", scene.tess.id, "analytics") == ({"override_count": 3, "mood": ["good"]},)
    ((row_id,),) = await scene.all("select id from overrides")
    assert override_id == to_global("Override", row_id)
    assert await scene.all(
        "select actor_id, actor_role, action, target_type, target_id, student_id, details from audit_log"
    ) == [
        (
            scene.tess.id,
            "tutor",
            "override.make",
            "Override",
            row_id,
            scene.sam.id,
            {
                "override_type": "summary",
                "target_id": str(scene.summary),
                "version": 2,
                "fields": ["narrative", "next_steps"],
            },
        )
    ]


async def test_a_practice_item_of_the_bank_is_overridden_for_its_student_alone(api: Api, scene: Scene) -> None:
    data = await api.data(
        PRACTICE,
        scene.tess,
        input={
            "id": scene.ids["overridePractice"],
            "expectedVersion": 1,
            "question": "What is 2 + 3?",
            "answer": "5",
            "difficultyLevel": 2,
        },
    )
    payload = data["overridePractice"]
    assert payload["override"].pop("id")
    assert payload == {
        "override": {
            "targetKind": "PRACTICE",
            "action": "changed question, answer, difficulty level",
            "subject": {"name": "Algebra"},
            "difficultyLevel": 2,
            "practice": {"version": 2},
            "content": {
                "before": {
                    "__typename": "PracticeContent",
                    "question": "2 + 2 = ?",
                    "answer": "4",
                    "explanation": "Count.",
                    "difficultyLevel": 5,
                },
                "after": {
                    "__typename": "PracticeContent",
                    "question": "What is 2 + 3?",
                    "answer": "5",
                    "explanation": "Count.",
                    "difficultyLevel": 2,
                },
            },
        },
        "practice": {
            "questionText": "What is 2 + 3?",
            "solution": {"answer": "5", "explanation": "Count."},
            "difficultyLevel": 2,
            "flagged": False,
            "completed": False,
            "overridden": True,
            "version": 2,
            "activeOverride": {"action": "changed question, answer, difficulty level"},
            "overrides": {"totalCount": 1},
        },
        "userErrors": [],
    }
    assert await scene.row("practice_bank_items", scene.item, "question_text, answer_text") == ("2 + 2 = ?", "4")
    # What stood in the bank at the time is fixed with it.
    await scene.make.owner.execute("update practice_bank_items set explanation = 'Changed later.'")
    solution = "query ($id: ID!) { node(id: $id) { ... on PracticeAssignment { solution { explanation } } } }"
    data = await api.data(solution, scene.tess, id=scene.ids["overridePractice"])
    assert data["node"]["solution"] == {"explanation": "Count."}


async def test_overriding_reviews_an_item_that_the_companion_wrote(api: Api, scene: Scene) -> None:
    written = to_global("PracticeAssignment", scene.written)
    data = await api.data(PRACTICE, scene.tess, input={"id": written, "expectedVersion": 1, "explanation": "Add."})
    assert data["overridePractice"]["practice"] | {"activeOverride": None} == {
        "questionText": "3 + 3 = ?",
        "solution": {"answer": "6", "explanation": "Add."},
        "difficultyLevel": None,
        "flagged": False,
        "completed": False,
        "overridden": True,
        "version": 2,
        "activeOverride": None,
        "overrides": {"totalCount": 1},
    }


@pytest.mark.parametrize(("flagged", "gets"), [(True, ["1 + 5 = ?"]), (False, [])], ids=["held", "rejected"])
async def test_what_was_held_for_review_is_the_students_once_it_is_corrected(
    api: Api, scene: Scene, flagged: bool, gets: list[str]
) -> None:
    held = await scene.make.written_practice(scene.sam, flagged=flagged, held=True)
    change = {"id": to_global("PracticeAssignment", held), "expectedVersion": 1, "question": "1 + 5 = ?"}
    assert refusals(await api.data(PRACTICE, scene.tess, input=change)) == []
    mine = "{ viewer { ... on Student { practice(where: {source: AI_GENERATED}) { nodes { id questionText } } } } }"
    nodes = (await api.data(mine, scene.sam))["viewer"]["practice"]["nodes"]
    assert [each["questionText"] for each in nodes if each["id"] == change["id"]] == gets
    told = await scene.all("select target_id from events where kind = 'practice_assigned'")
    assert told == ([(held,)] if gets else [])


async def test_a_completed_item_can_be_corrected(api: Api, scene: Scene) -> None:
    await scene.make.owner.execute(
        "update practice_assignments set completed = true, completed_at = now(), performance_score = 0 where id = %s",
        [scene.practice],
    )
    data = await api.data(
        PRACTICE, scene.toby, input={"id": scene.ids["overridePractice"], "expectedVersion": 1, "answer": "four"}
    )
    assert data["overridePractice"]["practice"]["solution"] == {"answer": "four", "explanation": "Count."}
    assert data["overridePractice"]["practice"]["completed"] is True


async def test_an_answer_of_a_choice_item_is_one_of_its_choices(api: Api, scene: Scene) -> None:
    item = await scene.make.practice_item(scene.algebra, "Pick", "a", choices=["a", "b"], answer_type="multiple_choice")
    practice = to_global("PracticeAssignment", await scene.make.practice(scene.sam, item))
    data = await api.data(PRACTICE, scene.tess, input={"id": practice, "expectedVersion": 1, "answer": "c"})
    assert refusals(data) == [("answer", "INVALID")]
    data = await api.data(PRACTICE, scene.tess, input={"id": practice, "expectedVersion": 1, "answer": "b"})
    assert data["overridePractice"]["practice"]["solution"]["answer"] == "b"


async def test_an_answer_is_overridden(api: Api, scene: Scene) -> None:
    data = await api.data(
        ANSWER, scene.tess, input={"id": scene.ids["overrideAnswer"], "expectedVersion": 1, "answer": "By convention."}
    )
    payload = data["overrideAnswer"]
    assert payload["override"].pop("id")
    assert payload == {
        "override": {
            "targetKind": "QA_ANSWER",
            "action": "changed answer",
            "subject": {"name": "Algebra"},
            "question": {"version": 2},
            "content": {
                "before": {"__typename": "AnswerContent", "text": "Because it is."},
                "after": {"__typename": "AnswerContent", "text": "By convention."},
            },
        },
        "question": {
            "answer": "By convention.",
            "overridden": True,
            "version": 2,
            "activeOverride": {"action": "changed answer"},
            "overrides": {"totalCount": 1},
        },
        "userErrors": [],
    }


async def test_a_subject_is_known_by_its_name_in_any_case(api: Api, scene: Scene) -> None:
    asked = await scene.make.question(scene.sam, context_subjects=["ALGEBRA", "algebra", "Chess"])
    sent = {"id": to_global("Question", asked), "expectedVersion": 1, "answer": "x"}
    data = await api.data(ANSWER, scene.tess, input=sent)
    assert data["overrideAnswer"]["override"]["subject"] == {"name": "Algebra"}


@pytest.mark.parametrize("subjects", [None, ["Chess"], ["Algebra", "Geometry"]])
async def test_a_question_of_no_one_subject_has_none(api: Api, scene: Scene, subjects: list[str] | None) -> None:
    await scene.make.subject("Geometry")
    asked = await scene.make.question(scene.sam, context_subjects=subjects)
    data = await api.data(
        ANSWER, scene.tess, input={"id": to_global("Question", asked), "expectedVersion": 1, "answer": "So."}
    )
    assert data["overrideAnswer"]["override"]["subject"] is None


@pytest.mark.parametrize("expected", [0, 1, 3, -1, 2**31 - 1])
@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_stale_version_is_refused_with_what_it_says_now(
    api: Api, scene: Scene, mutation: str, expected: int
) -> None:
    document, change = MUTATIONS[mutation]
    await api.data(document, scene.toby, input={"id": scene.ids[mutation], "expectedVersion": 1, **change})
    other = {"narrative": "Mine."} if mutation == "overrideSummary" else {"answer": "Mine."}
    data = await api.data(document, scene.tess, input={"id": scene.ids[mutation], "expectedVersion": expected, **other})
    assert refusals(data) == [("expectedVersion", "STALE_VERSION")]
    assert data[mutation]["override"] is None
    current = {
        "overrideSummary": ("summary", "narrative", "Better."),
        "overridePractice": ("practice", "questionText", "1 + 3 = ?"),
        "overrideAnswer": ("question", "answer", "By convention."),
    }
    target, field, text = current[mutation]
    assert (data[mutation][target]["version"], data[mutation][target][field]) == (2, text)
    assert await scene.all("select tutor_id from overrides") == [(scene.toby.id,)]
    assert await scene.row("users", scene.tess.id, "analytics -> 'override_count'") == (2,)


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_two_tutors_at_once_never_both_win(api: Api, scene: Scene, mutation: str) -> None:
    document, change = MUTATIONS[mutation]
    name = next(iter(change))

    async def attempt(tutor: Person, version: int) -> Any:
        given = {"id": scene.ids[mutation], "expectedVersion": version, name: f"{tutor.email} {version}"}
        return (await api.data(document, tutor, input=given))[mutation]

    for version in range(1, 26):
        answers = await asyncio.gather(*(attempt(tutor, version) for tutor in [scene.tess, scene.toby] * 2))
        won = [answer for answer in answers if answer["override"]]
        lost = [answer for answer in answers if not answer["override"]]
        assert (len(won), len(lost)) == (1, 3)
        assert [[error["code"] for error in answer["userErrors"]] for answer in lost] == [["STALE_VERSION"]] * 3
        target = {"overrideSummary": "summary", "overridePractice": "practice", "overrideAnswer": "question"}[mutation]
        # The losers are shown what the winner wrote.
        assert [answer[target]["version"] for answer in answers] == [version + 1] * 4
    # An unbroken chain: each override began where the one before it ended.
    chain = await scene.all("select original_content, new_content from overrides order by target_version")
    assert len(chain) == 25
    assert all(earlier[1] == later[0] for earlier, later in pairwise(chain))
    counts = await scene.all("select analytics -> 'override_count' from users where role = 'tutor'")
    assert sum(count or 0 for (count,) in counts) == 2 + 25
    assert await scene.all("select count(*) from audit_log where action = 'override.make'") == [(25,)]


async def test_a_tutor_at_many_things_at_once_is_counted_for_each(api: Api, scene: Scene) -> None:
    summaries = [await scene.make.summary(scene.session, scene.sam) for _ in range(20)]
    answers = await asyncio.gather(
        *(
            api.data(
                SUMMARY,
                scene.tess,
                input={"id": to_global("Summary", summary), "expectedVersion": 1, "narrative": "Better."},
            )
            for summary in summaries
        )
    )
    assert [refusals(answer) for answer in answers] == [[]] * 20
    assert await scene.row("users", scene.tess.id, "analytics") == ({"override_count": 22, "mood": ["good"]},)


@pytest.mark.parametrize("analytics", [{}, {"override_count": "many"}, {"override_count": None}])
async def test_a_count_that_is_none_begins_at_one(api: Api, scene: Scene, analytics: dict[str, Any]) -> None:
    toto = await scene.make.tutor("toto", of=scene.sam, analytics=analytics)
    given = {"id": scene.ids["overrideSummary"], "expectedVersion": 1, "narrative": "Better."}
    assert refusals(await api.data(SUMMARY, toto, input=given)) == []
    assert await scene.row("users", toto.id, "analytics") == ({"override_count": 1},)


BAD = [
    ("overrideSummary", {}, (None, "INVALID")),
    ("overrideSummary", {"narrative": "We solved equations. ", "nextSteps": ["Practise"]}, (None, "INVALID")),
    ("overrideSummary", {"narrative": "\t"}, ("narrative", "INVALID")),
    ("overrideSummary", {"narrative": "x" * 20_001}, ("narrative", "TOO_LONG")),
    ("overrideSummary", {"narrative": "x\x00"}, ("narrative", "INVALID")),
    ("overrideSummary", {"nextSteps": ["x"] * 51}, ("nextSteps", "TOO_LONG")),
    ("overrideSummary", {"nextSteps": ["x" * 1_001]}, ("nextSteps", "TOO_LONG")),
    ("overrideSummary", {"subjectsCovered": ["x" * 101]}, ("subjectsCovered", "TOO_LONG")),
    ("overrideSummary", {"narrative": "Better", "reason": "x" * 2_001}, ("reason", "TOO_LONG")),
    ("overridePractice", {}, (None, "INVALID")),
    ("overridePractice", {"question": " "}, ("question", "INVALID")),
    ("overridePractice", {"answer": ""}, ("answer", "INVALID")),
    ("overridePractice", {"explanation": "x" * 20_001}, ("explanation", "TOO_LONG")),
    ("overridePractice", {"difficultyLevel": 0}, ("difficultyLevel", "INVALID")),
    ("overridePractice", {"difficultyLevel": 11}, ("difficultyLevel", "INVALID")),
    ("overrideAnswer", {"answer": "Because it is."}, (None, "INVALID")),
    ("overrideAnswer", {"answer": "x" * 10_001}, ("answer", "TOO_LONG")),
]


@pytest.mark.parametrize(("mutation", "change", "refusal"), BAD)
async def test_a_bad_change_is_refused_and_nothing_kept(
    api: Api, scene: Scene, mutation: str, change: dict[str, Any], refusal: tuple[str | None, str]
) -> None:
    document, _ = MUTATIONS[mutation]
    data = await api.data(document, scene.tess, input={"id": scene.ids[mutation], "expectedVersion": 1, **change})
    assert refusals(data) == [refusal]
    await scene.untouched()


@pytest.mark.parametrize("bad", ["", "x", "é", "A" * 1000, to_global("Goal", UUID(int=1))])
@pytest.mark.parametrize("mutation", [*MUTATIONS, "revertOverride"])
async def test_an_id_of_something_else_is_refused(api: Api, scene: Scene, mutation: str, bad: str) -> None:
    document, change = {**MUTATIONS, "revertOverride": (REVERT, {})}[mutation]
    assert await api.error_codes(document, scene.tess, input={"id": bad, "expectedVersion": 1, **change}) == ["BAD_ID"]
