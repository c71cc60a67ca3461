"""Mathematical responses over the API: worked out ahead of the transaction that keeps them."""

from typing import Any

import pytest

from schema.context import Services
from schema.ids import to_global
from tests.api import Api
from tests.make import Make
from tests.schema.conftest import Statements

COMPLETE = """
mutation ($input: CompletePracticeInput!) {
  completePractice(input: $input) { practice { performanceScore } userErrors { code } }
}
"""


async def _completed(api: Api, make: Make, response: str, **changes: Any) -> Any:
    sam = await make.student()
    item = await make.practice_item(
        await make.subject(), "Factor $$x^2-1$$", answer="$$(x-1)(x+1)$$", answer_type="math_expression"
    )
    practice = to_global("PracticeAssignment", await make.practice(sam, item, **changes))
    data = await api.data(COMPLETE, sam, input={"id": practice, "response": response})
    return data["completePractice"]


@pytest.mark.parametrize(
    ("response", "score"),
    [
        ("(x+1)(x-1)", "1.00"),
        ("x^2-1", "0.00"),
        ("-1+x^2", "0.50"),
        ("(x+1)^2", "0.00"),
        ("9**9**9**9", "0.00"),
        ("(" * 5_000, "0.00"),
        ("__import__('os').abort()", "0.00"),
    ],
)
async def test_scores(api: Api, make: Make, response: str, score: str) -> None:
    assert await _completed(api, make, response) == {"practice": {"performanceScore": score}, "userErrors": []}


async def test_the_answer_is_compared_in_no_transaction(
    api: Api, make: Make, services: Services, statements: Statements
) -> None:
    seen = []
    same = services.algebra.same

    async def watched(*trees: Any) -> bool | None:
        cursor = await make.owner.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in%'"
            " and usename <> current_user"
        )
        seen.append((await cursor.fetchone() or (None,))[0])
        return await same(*trees)

    object.__setattr__(services.algebra, "same", watched)
    assert (await _completed(api, make, "(x+1)(x-1)"))["practice"] == {"performanceScore": "1.00"}
    assert seen == [0]
    names = statements.names
    assert names.index("practice_to_compare") < names.index("lock_practice")


async def test_completed_and_foreign_practice_is_not_compared(api: Api, make: Make, statements: Statements) -> None:
    refused = await _completed(api, make, "(x+1)(x-1)", completed=True)
    assert refused == {"practice": None, "userErrors": [{"code": "ALREADY_DONE"}]}
    max_ = await make.student("max")
    cursor = await make.owner.execute("select id from practice_assignments")
    ((practice_id,),) = await cursor.fetchall()
    statements.clear()
    given = {"id": to_global("PracticeAssignment", practice_id), "response": "x"}
    data = await api.data(COMPLETE, max_, input=given)
    assert data["completePractice"]["userErrors"] == [{"code": "NOT_FOUND"}]
    assert "practice_to_compare" not in statements.names
