"""A student who may be in danger: kind words at once, a tutor who hears of it, parents who do not."""

import asyncio
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from starlette.applications import Starlette

from schema.caring import MOST
from schema.context import Services
from server import create_app
from settings import Settings
from tests import openai_server as fake
from tests.api import Api, serving
from tests.make import MONDAY, Make, Person
from tests.openai_server import openai_server
from tests.servers import Database

ASK = """
mutation ($query: String!) {
  askQuestion(input: {query: $query}) {
    question {
      id outcome answer hint confidence confidenceScore outOfScope tutorEscalationSuggested keptFromTutors
      escalatedTo { email } citations { position }
    }
    userErrors { field code }
  }
}
"""
QUEUE = "{ reviewQueue { nodes { ... on Question { query } } } }"
READ = "query ($id: ID!) { node(id: $id) { ... on Question { query } } }"
ACTIVITY = """
subscription {
  activity(kinds: [QUESTION_ESCALATED, GOAL_PROGRESS]) { kind node { ... on Question { query } } }
}
"""
DANGER = "I want to kil my self"


async def asked(api: Api, who: Person, query: str = DANGER) -> Any:
    """The question with its reply."""
    data = await api.data(ASK, who, query=query)
    assert data["askQuestion"]["userErrors"] == []
    return data["askQuestion"]["question"]


async def waiting(api: Api, who: Person) -> list[str]:
    """What stands in somebody's review queue."""
    return [node["query"] for node in (await api.data(QUEUE, who))["reviewQueue"]["nodes"]]


async def test_danger_is_met_with_care_and_told_to_the_tutor_who_knows_the_student(api: Api, make: Make) -> None:
    sam = await make.student()
    tom, tess = await make.tutor("tom", of=sam), await make.tutor("tess", of=sam)
    await make.session(sam, tess, session_date=MONDAY)
    pat, ada = await make.parent(of=sam), await make.admin()
    async with api.socket(tess) as at_tess, api.socket(pat) as at_pat:
        await at_tess.subscribe(ACTIVITY)
        await at_pat.subscribe(ACTIVITY)
        question = await asked(api, sam)
        asked_id, answer = question.pop("id"), question.pop("answer")
        assert question == {
            "outcome": "SAFEGUARDING",
            "hint": None,
            "confidence": "LOW",
            "confidenceScore": None,
            "outOfScope": False,
            "tutorEscalationSuggested": False,
            "keptFromTutors": False,
            "escalatedTo": {"email": tess.email},
            "citations": [],
        }
        assert "emergency services" in answer
        assert "your tutor" in answer
        told = (await at_tess.next())["data"]["activity"]
        assert told == {"kind": "QUESTION_ESCALATED", "node": {"query": DANGER}}
        # The parent hears of what comes after, and not of this.
        goal = "mutation ($input: CreateGoalInput!) { createGoal(input: $input) { userErrors { code } } }"
        data = await api.data(goal, sam, input={"studentId": sam.gid, "title": "x"})
        assert data == {"createGoal": {"userErrors": []}}
        assert (await at_pat.next())["data"]["activity"]["kind"] == "GOAL_PROGRESS"
    for who in (tess, tom, ada):
        assert await waiting(api, who) == [DANGER]
    assert (await api.data(READ, pat, id=asked_id))["node"] is None
    # It counts in no figure.
    distribution = await make.owner.execute("select * from v_confidence_distribution")
    assert await distribution.fetchall() == []
    data = await api.data("{ confidenceDistribution { confidence count } }", ada)
    assert data == {"confidenceDistribution": []}
    labels = await make.owner.execute("select evidence, confidence_score from qa_interactions")
    assert await labels.fetchall() == [(None, None)]


async def test_what_may_be_about_a_tutor_is_for_administrators(api: Api, make: Make) -> None:
    sam = await make.student()
    tess, tom = await make.tutor("tess", of=sam), await make.tutor("tom", of=sam)
    ada = await make.admin()
    query = "My tutor touches me"
    question = await asked(api, sam, query)
    assert (question["keptFromTutors"], question["escalatedTo"]) == (True, None)
    assert "the people who run this service" in question["answer"]
    assert (await waiting(api, tess), await waiting(api, ada)) == ([], [query])
    assert (await api.data(READ, tess, id=question["id"]))["node"] is None
    assert (await api.data(READ, sam, id=question["id"]))["node"] == {"query": query}
    # An administrator gives it to a tutor whom they trust with it.
    escalate = "mutation ($input: EscalateQuestionInput!) { escalateQuestion(input: $input) { userErrors { code } } }"
    data = await api.data(escalate, ada, input={"id": question["id"], "tutorId": tom.gid})
    assert data["escalateQuestion"]["userErrors"] == []
    assert (await waiting(api, tess), await waiting(api, tom)) == ([], [query])
    override = "mutation ($input: OverrideAnswerInput!) { overrideAnswer(input: $input) { userErrors { code } } }"
    data = await api.data(override, tom, input={"id": question["id"], "expectedVersion": 1, "answer": "x"})
    assert data["overrideAnswer"]["userErrors"] == [{"code": "CONFLICT"}]


async def test_no_limit_holds_it_up_and_a_flood_is_told_of_so_many_times(app: Starlette, api: Api, make: Make) -> None:
    sam = await make.student()
    services: Services = app.state.services
    for number in range(services.questions_a_day):
        await make.question(sam, f"Question {number}")
    # Another question is being answered.
    task: asyncio.Task[Any] = asyncio.create_task(asyncio.sleep(60))
    services.asking[sam.id] = "another", task
    try:
        first = await asked(api, sam)
        assert (await asked(api, sam, DANGER.upper()))["id"] == first["id"]
        for number in range(1, MOST):
            await make.question(sam, f"worry {number}", outcome="safeguarding")
        await make.owner.execute("update qa_interactions set created_at = created_at - interval '1 minute'")
        again = await asked(api, sam, "my father hits me")
        assert again["outcome"] == "SAFEGUARDING"
        ((count,),) = await (
            await make.owner.execute("select count(*) from qa_interactions where outcome = 'safeguarding'")
        ).fetchall()
        assert count == MOST
    finally:
        task.cancel()
        del services.asking[sam.id]


async def test_the_school_s_own_contact_is_named_and_no_model_is_asked(
    database: Database, data_dir: Path, make: Make
) -> None:
    sam = await make.student()
    contact = "Ms Hill in room 7 is there for you every day."
    async with openai_server() as model:
        settings = Settings(
            study_data_dir=data_dir,
            safeguarding_contact=f" {contact}\n",
            openai_api_key=SecretStr(fake.KEY),
            openai_base_url=model.url,
        )
        async with serving(create_app(settings, database.app_url)) as api:
            question = await asked(api, sam, "My father hits me")
        assert f" {contact} I have passed on" in question["answer"]
        assert model.requests == []
