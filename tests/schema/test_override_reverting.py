"""Reverting overrides: only the latest in force, and its target says again what it said before."""

import asyncio

from schema.ids import to_global
from tests.api import Api
from tests.schema.override_scene import PRACTICE, REVERT, SUMMARY, Scene, made_by, refusals


async def test_overrides_are_reverted_one_by_one(api: Api, scene: Scene) -> None:
    first = await made_by(api, scene.tess, scene, "overrideSummary", 1, narrative="One.")
    second = await made_by(api, scene.toby, scene, "overrideSummary", 2, nextSteps=[])
    data = await api.data(REVERT, scene.tess, input={"id": first, "expectedVersion": 3})
    assert refusals(data) == [("id", "CONFLICT")]
    data = await api.data(REVERT, scene.tess, input={"id": second, "expectedVersion": 2})
    assert refusals(data) == [("expectedVersion", "STALE_VERSION")]
    assert data["revertOverride"]["override"]["summary"]["version"] == 3

    data = await api.data(REVERT, scene.tess, input={"id": second, "expectedVersion": 3})
    reverted = data["revertOverride"]["override"]
    assert reverted.pop("revertedAt") is not None
    assert reverted == {
        "active": False,
        "revertedBy": {"email": "tess@school.test"},
        "summary": {
            "narrative": "One.",
            "nextSteps": ["Practise"],
            "overridden": True,
            "version": 4,
            "activeOverride": {"id": first},
        },
        "practice": None,
        "question": None,
    }
    data = await api.data(REVERT, scene.tess, input={"id": second, "expectedVersion": 4})
    assert refusals(data) == [("id", "ALREADY_DONE")]

    data = await api.data(REVERT, scene.tess, input={"id": first, "expectedVersion": 4})
    assert data["revertOverride"]["override"]["summary"] == {
        "narrative": "We solved equations.",
        "nextSteps": ["Practise"],
        "overridden": False,
        "version": 5,
        "activeOverride": None,
    }
    # It was an override once, and is counted as one.
    assert await scene.row("users", scene.tess.id, "analytics") == ({"override_count": 3, "mood": ["good"]},)
    assert await scene.all("select actor_id, action, details from audit_log where action = 'override.revert'") == [
        (
            scene.tess.id,
            "override.revert",
            {"override_type": "summary", "target_id": str(scene.summary), "version": version},
        )
        for version in (4, 5)
    ]


async def test_a_reverted_practice_item_follows_the_bank_again(api: Api, scene: Scene) -> None:
    first = await made_by(api, scene.tess, scene, "overridePractice", 1, question="One?", difficultyLevel=1)
    second = await made_by(api, scene.tess, scene, "overridePractice", 2, answer="two")
    data = await api.data(REVERT, scene.toby, input={"id": second, "expectedVersion": 3})
    assert data["revertOverride"]["override"]["practice"] == {
        "questionText": "One?",
        "solution": {"answer": "4", "explanation": "Count."},
        "difficultyLevel": 1,
        "overridden": True,
        "version": 4,
        "activeOverride": {"id": first},
    }
    texts = "ai_question_text, ai_answer_text, ai_explanation"
    assert await scene.row("practice_assignments", scene.practice, texts) == ("One?", "4", "Count.")
    await scene.make.owner.execute("update practice_bank_items set explanation = 'Changed since.'")
    data = await api.data(REVERT, scene.toby, input={"id": first, "expectedVersion": 4})
    # What it said before is what it says again, though the bank says otherwise by now.
    assert data["revertOverride"]["override"]["practice"] == {
        "questionText": "2 + 2 = ?",
        "solution": {"answer": "4", "explanation": "Count."},
        "difficultyLevel": 5,
        "overridden": False,
        "version": 5,
        "activeOverride": None,
    }
    assert await scene.row("practice_assignments", scene.practice, texts) == (None, None, "Count.")


async def test_what_the_companion_wrote_comes_back(api: Api, scene: Scene) -> None:
    written = to_global("PracticeAssignment", scene.written)
    data = await api.data(
        PRACTICE, scene.tess, input={"id": written, "expectedVersion": 1, "answer": "six", "explanation": "Add."}
    )
    override = data["overridePractice"]["override"]["id"]
    data = await api.data(REVERT, scene.tess, input={"id": override, "expectedVersion": 2})
    assert data["revertOverride"]["override"]["practice"]["solution"] == {"answer": "6", "explanation": None}
    override = await made_by(api, scene.tess, scene, "overrideAnswer", 1)
    data = await api.data(REVERT, scene.toby, input={"id": override, "expectedVersion": 2})
    assert data["revertOverride"]["override"]["question"] == {
        "answer": "Because it is.",
        "overridden": False,
        "version": 3,
        "activeOverride": None,
    }


async def test_two_reverts_at_once_are_one(api: Api, scene: Scene) -> None:
    version = 1
    for _ in range(10):
        override = await made_by(api, scene.tess, scene, "overrideSummary", version)
        answers = await asyncio.gather(
            *(
                api.data(REVERT, tutor, input={"id": override, "expectedVersion": version + 1})
                for tutor in (scene.tess, scene.toby)
            )
        )
        assert sorted(refusals(answer) for answer in answers) == [[], [("id", "ALREADY_DONE")]]
        version += 2
    assert await scene.row("summaries", scene.summary, "version, narrative") == (21, "We solved equations.")


async def test_reverting_while_another_overrides_leaves_one_winner(api: Api, scene: Scene) -> None:
    for _ in range(10):
        ((version,),) = await scene.all("select version from summaries")
        made = await made_by(api, scene.tess, scene, "overrideSummary", version, narrative=f"v{version}")
        given = {"id": scene.ids["overrideSummary"], "expectedVersion": version + 1, "narrative": f"w{version}"}
        answers = await asyncio.gather(
            api.data(REVERT, scene.toby, input={"id": made, "expectedVersion": version + 1}),
            api.data(SUMMARY, scene.tess, input=given),
        )
        assert sorted(refusals(answer) for answer in answers) == [[], [("expectedVersion", "STALE_VERSION")]]
        ((now, narrative, override_id),) = await scene.all("select version, narrative, override_id from summaries")
        active = await scene.all(
            "select id, new_content ->> 'narrative' from overrides where reverted_at is null "
            "order by target_version desc limit 1"
        )
        assert now == version + 2
        if active:
            assert active == [(override_id, narrative)]
        else:
            assert (override_id, narrative) == (None, "We solved equations.")
