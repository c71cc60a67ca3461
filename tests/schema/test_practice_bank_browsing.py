"""Browsing the practice bank: filters, orders, pages."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from db import practice_bank as bank_db
from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements

BANK = """
query ($where: PracticeItemWhere, $orderBy: PracticeItemOrder! = NEWEST, $first: Int, $after: String, $last: Int) {
  practiceBank(where: $where, orderBy: $orderBy, first: $first, after: $after, last: $last) {
    totalCount
    nodes { questionText }
    pageInfo { hasNextPage endCursor }
  }
}
"""


_NO_DIFFICULTIES = ["0", "11", '"3"', "3.5", "true", "null", "[3]", "NaN", "Infinity", "9" * 400]


async def _shelf(make: Make) -> Person:
    """Five items in two subjects; a to e from the earliest."""
    algebra, biology = await make.subject("Algebra"), await make.subject("Biology")
    for day, (name, subject, difficulty, tags, topics, active) in enumerate(
        [
            ("a", algebra, 3, ["SAT"], ["factoring"], True),
            ("b", biology, 1, ["AP"], [], True),
            ("c", algebra, 9, ["SAT", "AP"], ["factoring", "roots"], False),
            ("d", algebra, 3, None, None, True),
            ("e", biology, 6, [], ["cells"], True),
        ]
    ):
        await make.practice_item(
            subject,
            name,
            difficulty_level=difficulty,
            goal_tags=tags,
            topic_tags=topics,
            is_active=active,
            created_at=f"2026-03-0{day + 1}T00:00:00Z",
        )
    return await make.tutor()


async def _names(api: Api, person: Person, **arguments: Any) -> str:
    found = (await api.data(BANK, person, **arguments))["practiceBank"]
    names = "".join(node["questionText"] for node in found["nodes"])
    assert found["totalCount"] == len(names) or {"first", "last"} & set(arguments)
    return names


async def test_the_bank_is_narrowed_and_ordered(api: Api, make: Make) -> None:
    tess = await _shelf(make)
    ((algebra,),) = await (await make.owner.execute("select id from subjects where name = 'Algebra'")).fetchall()
    for where, names in [
        ({}, "edcba"),
        ({"subjectId": to_global("Subject", algebra)}, "dca"),
        ({"difficultyFrom": 3}, "edca"),
        ({"difficultyTo": 3}, "dba"),
        ({"difficultyFrom": 4, "difficultyTo": 8}, "e"),
        ({"difficultyFrom": 8, "difficultyTo": 4}, ""),
        ({"goalTag": "SAT"}, "ca"),
        ({"goalTag": "sat"}, ""),
        ({"topicTag": "factoring", "goalTag": "AP"}, "c"),
        ({"topicTag": "' or true --"}, ""),
        ({"active": True, "goalTag": "SAT"}, "a"),
        ({"active": False}, "c"),
    ]:
        assert await _names(api, tess, where=where) == names, where
    orders = {"OLDEST": "abcde", "NEWEST": "edcba"}
    for order, names in orders.items():
        assert await _names(api, tess, orderBy=order) == names
    # Equal difficulties are ordered by id, which is random.
    easiest = await _names(api, tess, orderBy="EASIEST")
    assert easiest in {"badec", "bdaec"}
    assert await _names(api, tess, orderBy="HARDEST") == easiest[::-1]


@pytest.mark.parametrize("order", ["NEWEST", "OLDEST", "EASIEST", "HARDEST"])
async def test_the_bank_is_paged_in_every_order(api: Api, make: Make, statements: Statements, order: str) -> None:
    tess = await _shelf(make)
    whole = await _names(api, tess, orderBy=order)
    paged, after = "", None
    statements.clear()
    for more in (True, True, False):
        page = (await api.data(BANK, tess, orderBy=order, first=2, after=after))["practiceBank"]
        paged += "".join(node["questionText"] for node in page["nodes"])
        assert page["pageInfo"]["hasNextPage"] is more
        after = page["pageInfo"]["endCursor"]
    assert paged == whole
    assert statements.names == ["practice_bank", "practice_bank_count"] * 3
    assert await _names(api, tess, orderBy=order, last=2) == whole[-2:]


async def test_a_search_that_cannot_be_is_refused(api: Api, make: Make) -> None:
    tess = await _shelf(make)
    easiest = (await api.data(BANK, tess, orderBy="EASIEST", first=1))["practiceBank"]["pageInfo"]["endCursor"]
    searches: list[tuple[dict[str, Any], str]] = [
        ({"where": {"goalTag": "a\x00"}}, "BAD_USER_INPUT"),
        ({"where": {"subjectId": tess.gid}}, "BAD_ID"),
        ({"where": {"difficultyFrom": 2**31}}, "BAD_REQUEST"),
        ({"orderBy": "NEWEST", "after": easiest}, "BAD_CURSOR"),
        # Cursors made by hand, of difficulties that there are not.
        *(({"orderBy": "EASIEST", "after": _cursor("easiest", value)}, "BAD_CURSOR") for value in _NO_DIFFICULTIES),
        ({"first": 101}, "BAD_PAGE"),
    ]
    for arguments, code in searches:
        assert await api.error_codes(BANK, tess, **arguments) == [code], arguments
    assert await _names(api, tess, where={"topicTag": "x" * 100_000}) == ""


async def test_a_search_by_tag_uses_its_index(make: Make) -> None:
    subject = await make.subject()
    await make.owner.execute(
        "insert into practice_bank_items (question_text, answer_text, subject_id, difficulty_level, goal_tags)"
        " select 'q', 'a', %s, 5, array['tag ' || n %% 500] from generate_series(1, 5000) n",
        [subject],
    )
    await make.owner.execute("analyze practice_bank_items")
    statement = bank_db._bank._page_statement(bank_db.NEWEST, False, False, ("goal_tag",))
    parameters = statement.parameters({"keys": [subject], "page_limit": 20, "goal_tag": "tag 7"})
    async with make.owner.transaction():
        await make.owner.execute("set local role study_app")
        await make.owner.execute("select set_system()")
        cursor = await make.owner.execute(b"explain " + statement.sql, parameters)
        plan = "\n".join(line for (line,) in await cursor.fetchall())
    assert "idx_pbi_goal_tags" in plan


def _cursor(order: str, value: str) -> str:
    place = f'["{order}", {value}, "{"0" * 32}"]'
    return urlsafe_b64encode(place.encode()).decode().rstrip("=")
