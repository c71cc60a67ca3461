"""From a bank with too little to questions that the companion writes: checked, flagged, held where a tutor says so."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.jobs import defer
from domain.companion.model import Model
from domain.jobs import JobKind, TryLater
from jobs.app import Worker
from jobs.practice import write_practice
from jobs.tools import Tools
from schema.context import Services
from schema.ids import to_global
from tests import openai_server as fake
from tests.api import Api
from tests.make import Make
from tests.openai_server import OpenAIServer, completion, openai_server, status
from tests.servers import Database

TAKE = """
mutation ($subject: ID!, $count: Int! = 2) {
  takeNextPractice(input: {subjectId: $subject, count: $count}) { practice { id } missing note userErrors { code } }
}
"""
WRITTEN = """
{ viewer { ... on Student { practice { nodes {
  source questionText answerType flagged held difficultyLevel generation { engine }
} } } } }
"""
COMPLETE = """
mutation ($id: ID!, $response: String!) {
  completePractice(input: {id: $id, response: $response}) { practice { performanceScore } userErrors { code } }
}
"""


def _item(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "question": f"Solve the equation number {number}: $$x+{number}=10$$",
        "answer": f"{10 - number}",
        "answer_type": "math_expression",
        "explanation": f"Subtract {number} from both sides, so x = {10 - number}.",
        "topic": "equations",
    } | changes


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    """OpenAI."""
    async with openai_server() as running:
        yield running


@pytest.fixture
async def tools(services: Services, server: OpenAIServer) -> AsyncIterator[Tools]:
    """With a model."""
    model = Model(
        key=fake.KEY,
        base_url=server.url,
        model="large",
        small_model="little",
        timeout=5,
        tokens_per_day=1_000_000,
        backoff=0.001,
    )
    yield Tools(services.database, model)
    await model.aclose()


async def _outcomes(make: Make) -> list[tuple[Any, ...]]:
    cursor = await make.owner.execute("select kind, outcome, error from generations order by created_at")
    return await cursor.fetchall()


async def test_without_a_model_there_is_the_bank_and_it_is_said(api: Api, make: Make) -> None:
    sam, algebra = await make.student(), await make.subject()
    data = await api.data(TAKE, sam, subject=to_global("Subject", algebra))
    assert data["takeNextPractice"]["missing"] == 2
    assert data["takeNextPractice"]["note"].endswith("Without a language model there is nothing but the bank.")
    jobs = await make.owner.execute("select count(*) from jobs.procrastinate_jobs where task_name = 'write_practice'")
    assert await jobs.fetchone() == (0,)


async def test_with_a_model_more_is_asked_for(api: Api, make: Make, services: Services, tools: Tools) -> None:
    sam, algebra = await make.student(), await make.subject()
    object.__setattr__(services, "model", tools.model)
    data = await api.data(TAKE, sam, subject=to_global("Subject", algebra), count=9)
    object.__setattr__(services, "model", None)
    assert data["takeNextPractice"]["note"].endswith("The companion is writing 5 more.")
    jobs = await make.owner.execute("select args from jobs.procrastinate_jobs where task_name = 'write_practice'")
    assert await jobs.fetchall() == [({"student_id": str(sam.id), "subject_id": str(algebra), "until": 5},)]


async def test_more_is_asked_for_until_some_wait_for_a_review_whatever_was_rejected(
    api: Api, make: Make, services: Services, tools: Tools
) -> None:
    """A student sees nothing of what is held or rejected, and still gets more."""
    sam, algebra = await make.student(), await make.subject()
    for _ in range(7):
        await make.written_practice(sam, subject_id=algebra, flagged=False, held=True)
    for _ in range(3):
        await make.written_practice(sam, subject_id=algebra, held=True)
    object.__setattr__(services, "model", tools.model)
    first = (await api.data(TAKE, sam, subject=to_global("Subject", algebra), count=9))["takeNextPractice"]["note"]
    for _ in range(2):
        await make.written_practice(sam, subject_id=algebra, held=True)
    second = (await api.data(TAKE, sam, subject=to_global("Subject", algebra), count=9))["takeNextPractice"]["note"]
    object.__setattr__(services, "model", None)
    assert first.endswith("The companion is writing 2 more.")
    assert second.endswith("What the companion wrote waits for a tutor's review.")
    jobs = await make.owner.execute("select args ->> 'until' from jobs.procrastinate_jobs")
    assert await jobs.fetchall() == [("12",)]


async def test_questions_are_written_once_however_often_it_runs(
    api: Api, make: Make, tools: Tools, server: OpenAIServer
) -> None:
    sam, algebra = await make.student(), await make.subject()
    server.says(completion(_item(1)), completion(_item(2)), completion(_item(3)))
    for _ in range(2):
        await write_practice(tools, sam.id, algebra, 2)
    nodes = (await api.data(WRITTEN, sam))["viewer"]["practice"]["nodes"]
    written = {
        "source": "AI_GENERATED",
        "answerType": "MATH_EXPRESSION",
        "flagged": True,
        "held": False,
        "difficultyLevel": 3,
        "generation": {"engine": "OPENAI"},
    }
    assert nodes == [{**written, "questionText": _item(number)["question"]} for number in (2, 1)]
    assert len(server.requests) == 2
    assert await _outcomes(make) == [("practice_item", "used", None)] * 2
    told = await make.owner.execute("select kind from events")
    assert await told.fetchall() == [("practice_assigned",)] * 2
    cursor = await make.owner.execute("select id from practice_assignments where ai_answer_text = '9'")
    ((practice_id,),) = await cursor.fetchall()
    data = await api.data(COMPLETE, sam, id=to_global("PracticeAssignment", practice_id), response="x = 18/2")
    assert data["completePractice"] == {"practice": {"performanceScore": "1.00"}, "userErrors": []}


async def test_two_who_write_at_once_do_not_write_the_same(
    api: Api, make: Make, tools: Tools, server: OpenAIServer
) -> None:
    """As when a worker that seemed dead goes on: neither has seen what the other is being told."""
    sam, algebra = await make.student(), await make.subject()
    both = asyncio.Event()

    async def together(writer: asyncio.StreamWriter) -> None:
        if len(server.requests) > 1:
            both.set()
        await both.wait()
        await completion(_item(1))(writer)

    server.says(together)
    await asyncio.gather(*(write_practice(tools, sam.id, algebra, 2) for _ in range(2)))
    nodes = (await api.data(WRITTEN, sam))["viewer"]["practice"]["nodes"]
    assert [node["questionText"] for node in nodes] == [_item(1)["question"]]


async def test_what_does_not_stand_is_not_given(api: Api, make: Make, tools: Tools, server: OpenAIServer) -> None:
    sam, algebra = await make.student(), await make.subject()
    server.says(completion(_item(1, answer="8", explanation="It is 8, as one sees.")))
    await write_practice(tools, sam.id, algebra, 1)
    assert await _outcomes(make) == [("practice_item", "unsupported", "the answer does not solve the equation")] * 3
    cursor = await make.owner.execute("select count(*) from practice_assignments")
    assert await cursor.fetchone() == (0,)


async def test_what_a_tutor_wants_to_see_first_is_held(
    api: Api, make: Make, tools: Tools, server: OpenAIServer
) -> None:
    sam, algebra = await make.student(), await make.subject()
    await make.row("practice_settings", student_id=sam.id, review_first=True)
    server.says(completion(_item(1)))
    await write_practice(tools, sam.id, algebra, 1)
    assert (await api.data(WRITTEN, sam))["viewer"]["practice"]["nodes"] == []
    tess = await make.tutor(of=sam)
    queue = "{ reviewQueue { nodes { __typename ... on PracticeAssignment { held flagged } } } }"
    waiting = (await api.data(queue, tess))["reviewQueue"]["nodes"]
    assert waiting == [{"__typename": "PracticeAssignment", "held": True, "flagged": True}]
    told = await make.owner.execute("select count(*) from events")
    assert await told.fetchone() == (0,)


async def test_a_model_that_is_away_is_asked_later(api: Api, make: Make, tools: Tools, server: OpenAIServer) -> None:
    sam, algebra = await make.student(), await make.subject()
    server.says(status(503, Retry_After="60"))
    with pytest.raises(TryLater) as later:
        await write_practice(tools, sam.id, algebra, 1)
    assert later.value.after is not None
    assert later.value.after.total_seconds() >= 60
    server.says(completion(refusal="No."))
    await write_practice(tools, sam.id, algebra, 1)
    assert [outcome for _, outcome, _ in await _outcomes(make)] == ["unavailable", "refused"]


async def test_a_job_is_there_for_it(
    api: Api, make: Make, tools: Tools, server: OpenAIServer, database: Database
) -> None:
    sam, algebra = await make.student(), await make.subject()
    server.says(completion(_item(1)))
    async with tools.database.system_work() as work:
        await defer(work, JobKind.WRITE_PRACTICE, student_id=sam.id, subject_id=algebra, until=1)
    await Worker(tools, address=database.app_url).run_waiting()
    assert await _outcomes(make) == [("practice_item", "used", None)]


async def test_without_a_model_the_job_does_nothing(api: Api, make: Make, services: Services) -> None:
    sam, algebra = await make.student(), await make.subject()
    await write_practice(Tools(services.database), sam.id, algebra, 1)
    assert await _outcomes(make) == []
