"""Ratings: read by everyone around the student."""

from base64 import urlsafe_b64encode
from typing import Any

from schema.ids import to_global
from tests.api import Api
from tests.make import Make
from tests.schema.conftest import Statements

RATINGS = """
{ students { nodes { email ratings { rating lastUpdated subject { name } student { email } } } } }
"""
NODE = "query ($id: ID!) { node(id: $id) { ... on StudentRating { rating } } }"
SUBJECTS = """
query ($orderBy: RatingOrder! = HIGHEST, $first: Int, $after: String) {
  subjects { nodes { ratings(orderBy: $orderBy, first: $first, after: $after) {
    totalCount nodes { rating student { email } } pageInfo { hasNextPage endCursor }
  } } }
}
"""


async def test_a_students_ratings_are_listed_last_moved_first(api: Api, make: Make, statements: Statements) -> None:
    sam = await make.student()
    algebra, biology = await make.subject("Algebra"), await make.subject("Biology")
    await make.rating(sam, algebra, 1200, last_updated="2026-03-01T00:00:00Z")
    await make.rating(sam, biology, 900, last_updated="2026-03-02T00:00:00Z")
    await make.rating(await make.student("max"), biology, 1500)
    owner = {"email": "sam@school.test"}
    statements.clear()
    assert (await api.data(RATINGS, sam))["students"]["nodes"] == [
        {
            **owner,
            "ratings": [
                {
                    "rating": 900,
                    "lastUpdated": "2026-03-02T00:00:00+00:00",
                    "subject": {"name": "Biology"},
                    "student": owner,
                },
                {
                    "rating": 1200,
                    "lastUpdated": "2026-03-01T00:00:00+00:00",
                    "subject": {"name": "Algebra"},
                    "student": owner,
                },
            ],
        }
    ]
    assert statements.names[:2] == ["students", "ratings_by_student"]
    assert sorted(statements.names[2:]) == ["subjects_by_id", "users_by_id"]


async def test_ratings_of_many_students_cost_one_statement(api: Api, make: Make, statements: Statements) -> None:
    tess, algebra = await make.tutor(), await make.subject()
    for number in range(8):
        student = await make.student(f"s{number}")
        await make.assignment(tess, student)
        if number:
            await make.rating(student, algebra, 1000 + number)
    statements.clear()
    data = await api.data("{ students { nodes { ratings { rating } } } }", tess)
    assert [node["ratings"] for node in data["students"]["nodes"]] == [
        [],
        *([{"rating": 1000 + number}] for number in range(1, 8)),
    ]
    assert statements.names == ["students", "ratings_by_student"]


async def test_who_sees_a_rating(api: Api, make: Make) -> None:
    sam = await make.student()
    paused = await make.tutor("paul")
    await make.assignment(paused, sam, status="paused")
    rating = to_global("StudentRating", await make.rating(sam, await make.subject(), 1100))
    for person in (sam, await make.tutor(of=sam), await make.parent(of=sam), await make.admin()):
        assert await api.data(NODE, person, id=rating) == {"node": {"rating": 1100}}
    for person in (await make.student("max"), await make.tutor("tom"), paused, await make.parent("petra")):
        assert await api.data(NODE, person, id=rating) == {"node": None}
    assert await api.error_codes(NODE, None, id=rating) == ["UNAUTHENTICATED"]


async def test_a_subjects_ratings_are_paged_in_both_orders(api: Api, make: Make) -> None:
    tess, algebra = await make.tutor(), await make.subject()
    for name, rating in [("a", 1300), ("b", 900), ("c", 1100)]:
        student = await make.student(name)
        await make.assignment(tess, student)
        await make.rating(student, algebra, rating)
    await make.rating(await make.student("z"), algebra, 2000)

    async def page(**arguments: Any) -> Any:
        return (await api.data(SUBJECTS, tess, **arguments))["subjects"]["nodes"][0]["ratings"]

    for order, expected in [("HIGHEST", [1300, 1100, 900]), ("LOWEST", [900, 1100, 1300])]:
        first = await page(orderBy=order, first=2)
        assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
        rest = await page(orderBy=order, first=2, after=first["pageInfo"]["endCursor"])
        assert [node["rating"] for node in first["nodes"] + rest["nodes"]] == expected
    best = (await page())["nodes"][0]
    assert best == {"rating": 1300, "student": {"email": "a@school.test"}}
    for value in ["99", "2147483648", '"1000"', "1000.5", "true", "null", "Infinity"]:
        place = f'["highest", {value}, "{"0" * 32}"]'
        cursor = urlsafe_b64encode(place.encode()).decode().rstrip("=")
        assert await api.error_codes(SUBJECTS, tess, after=cursor) == ["BAD_CURSOR"]
