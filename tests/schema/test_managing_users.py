"""People added and changed by administrators."""

import asyncio

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make
from tests.schema.stored import log, value

VIEWER = "{ viewer { email } }"
CREATE = """
mutation ($input: CreateUserInput!) {
  createUser(input: $input) { user { __typename email displayName cognitoSub } userErrors { field code } }
}
"""
UPDATE = """
mutation ($input: UpdateUserInput!) {
  updateUser(input: $input) { user { __typename id email displayName cognitoSub } userErrors { field code } }
}
"""

ROLES = ["student", "tutor", "parent", "admin"]


@pytest.mark.parametrize("role", ROLES)
async def test_an_administrator_adds_a_person(api: Api, make: Make, role: str) -> None:
    ada = await make.admin()
    sent = {
        "email": " New.Person+1@School.TEST ",
        "role": role.upper(),
        "displayName": " Nia ",
        "cognitoSub": "sub-nia",
    }
    data = await api.data(CREATE, ada, input=sent)
    assert data["createUser"] == {
        "user": {
            "__typename": role.title(),
            "email": "new.person+1@school.test",
            "displayName": "Nia",
            "cognitoSub": "sub-nia",
        },
        "userErrors": [],
    }
    ((action, target_type, target, student, details),) = await log(make)
    assert (action, target_type, details) == ("user.create", "User", {"role": role})
    assert student == (target if role == "student" else None)


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({"email": "ADA@school.test"}, "email", "CONFLICT"),
        ({"cognitoSub": "sub-ada"}, "cognitoSub", "CONFLICT"),
        ({"email": "no address"}, "email", "INVALID"),
        ({"email": "a@b"}, "email", "INVALID"),
        ({"email": "a@@b.test"}, "email", "INVALID"),
        ({"email": "x@y.test\nbcc:z@y.test"}, "email", "INVALID"),
        ({"email": "jörg@school.test"}, "email", "INVALID"),
        ({"email": "  "}, "email", "INVALID"),
        ({"email": "x" * 250 + "@school.test"}, "email", "TOO_LONG"),
        ({"cognitoSub": "a b"}, "cognitoSub", "INVALID"),
        ({"cognitoSub": " "}, "cognitoSub", "INVALID"),
        ({"cognitoSub": "x" * 256}, "cognitoSub", "TOO_LONG"),
        ({"displayName": "x" * 101}, "displayName", "TOO_LONG"),
    ],
)
async def test_a_person_who_cannot_be_is_refused(
    api: Api, make: Make, sent: dict[str, str], field: str, code: str
) -> None:
    ada, kim = await make.admin(), await make.student("kim")
    good = {"email": "new@school.test", "role": "TUTOR", "cognitoSub": "sub-new"}
    data = await api.data(CREATE, ada, input={**good, **sent})
    assert data["createUser"] == {"user": None, "userErrors": [{"field": field, "code": code}]}
    data = await api.data(UPDATE, ada, input={"id": kim.gid, **sent})
    assert data["updateUser"] == {"user": None, "userErrors": [{"field": field, "code": code}]}
    assert await value(make, "select count(*) from users") == 2
    assert await log(make) == []


async def test_of_two_who_add_one_person_at_once_one_is_refused(api: Api, make: Make) -> None:
    ada = await make.admin()
    sent = {"email": "new@school.test", "role": "TUTOR"}
    answers = await asyncio.gather(
        *(api.data(CREATE, ada, input={**sent, "cognitoSub": f"sub-{number}"}) for number in range(4))
    )
    refused = [answer["createUser"]["userErrors"] for answer in answers if answer["createUser"]["user"] is None]
    assert refused == [[{"field": "email", "code": "CONFLICT"}]] * 3
    assert await value(make, "select count(*) from users") == 2


async def test_an_administrator_changes_a_person(api: Api, make: Make) -> None:
    ada, kim = await make.admin(), await make.student("kim")
    sent = {"email": "KIM@new.test", "role": "TUTOR", "displayName": "", "cognitoSub": "sub-new"}
    data = await api.data(UPDATE, ada, input={"id": kim.gid, **sent})
    assert data["updateUser"] == {
        "user": {
            "__typename": "Tutor",
            "id": to_global("Tutor", kim.id),
            "email": "kim@new.test",
            "displayName": "",
            "cognitoSub": "sub-new",
        },
        "userErrors": [],
    }
    fields = ["email", "role", "display_name", "cognito_sub"]
    assert await log(make) == [
        ("user.update", "User", kim.id, None, {"fields": fields, "role_before": "student", "role_after": "tutor"})
    ]
    assert (await api.post(VIEWER, kim)).status_code == 401, "the old subject's token no longer works"
    data = await api.data(UPDATE, ada, input={"id": kim.gid, "displayName": "x"})
    assert data["updateUser"]["userErrors"] == [{"field": "id", "code": "NOT_FOUND"}], "the id was a student's"


@pytest.mark.parametrize("field", ["email", "role", "cognitoSub"])
async def test_what_everybody_has_cannot_be_taken_away(api: Api, make: Make, field: str) -> None:
    ada, kim = await make.admin(), await make.student("kim")
    data = await api.data(UPDATE, ada, input={"id": kim.gid, field: None})
    assert data["updateUser"] == {"user": None, "userErrors": [{"field": field, "code": "INVALID"}]}


async def test_ones_own_address_is_no_conflict(api: Api, make: Make) -> None:
    ada, kim = await make.admin(), await make.student("kim")
    sent = {"id": kim.gid, "email": "kim@school.test", "role": "STUDENT", "cognitoSub": "sub-kim"}
    data = await api.data(UPDATE, ada, input=sent)
    assert (data["updateUser"]["user"]["email"], data["updateUser"]["userErrors"]) == ("kim@school.test", [])
    assert await value(make, "select count(*) from events") == 0, "nothing changed that closes connections"
    await api.data(UPDATE, ada, input={**sent, "cognitoSub": "sub-new"})
    assert await value(make, "select kind from events") == "disconnected"


@pytest.mark.parametrize("by", ["assignment", "link", "goal", "session"])
async def test_a_role_that_something_depends_on_stays(api: Api, make: Make, by: str) -> None:
    ada, sam, tess, pat = await make.admin(), await make.student(), await make.tutor(), await make.parent()
    who = [sam]
    if by == "assignment":
        await make.assignment(tess, sam, status="completed")
        who = [sam, tess]
    elif by == "link":
        await make.link(pat, sam, status="ended")
        who = [sam, pat]
    elif by == "goal":
        await make.goal(sam)
    else:
        await make.session(sam, tess)
        who = [sam, tess]
    for person in who:
        for role in {"STUDENT", "TUTOR", "PARENT", "ADMIN"} - {person.role.upper()}:
            data = await api.data(UPDATE, ada, input={"id": person.gid, "role": role})
            assert data["updateUser"] == {"user": None, "userErrors": [{"field": "role", "code": "IN_USE"}]}
    assert await log(make) == []


async def test_the_last_administrator_stays_one(api: Api, make: Make) -> None:
    ada = await make.admin()
    data = await api.data(UPDATE, ada, input={"id": ada.gid, "role": "TUTOR"})
    assert data["updateUser"] == {"user": None, "userErrors": [{"field": "role", "code": "CONFLICT"}]}
    data = await api.data(UPDATE, ada, input={"id": ada.gid, "role": "ADMIN", "displayName": "Ada L."})
    assert data["updateUser"]["user"]["displayName"] == "Ada L."
    await make.admin("bea")
    data = await api.data(UPDATE, ada, input={"id": ada.gid, "role": "TUTOR"})
    assert data["updateUser"]["user"]["__typename"] == "Tutor"
    assert await api.error_codes(UPDATE, ada, input={"id": ada.gid, "role": "ADMIN"}) == ["FORBIDDEN"]


async def test_administrators_who_demote_each_other_at_once_leave_one(api: Api, make: Make) -> None:
    admins = [await make.admin(name) for name in ("ada", "bea", "cem", "dee")]
    await asyncio.gather(
        *(
            api.run(UPDATE, by, input={"id": whom.gid, "role": "TUTOR"})
            for by in admins
            for whom in admins
            if by is not whom
        )
    )
    assert await value(make, "select count(*) from users where role = 'admin'") == 1


async def test_an_administrator_does_not_sign_themselves_out(api: Api, make: Make) -> None:
    ada = await make.admin()
    data = await api.data(UPDATE, ada, input={"id": ada.gid, "cognitoSub": "sub-typo"})
    assert data["updateUser"] == {"user": None, "userErrors": [{"field": "cognitoSub", "code": "CONFLICT"}]}


@pytest.mark.parametrize("role", ["student", "tutor", "parent", None])
async def test_nobody_else_adds_or_changes_people(api: Api, make: Make, role: str | None) -> None:
    person = await make.person(role, "kim") if role else None
    sam = await make.student()
    denied = ["FORBIDDEN" if role else "UNAUTHENTICATED"]
    sent = {"email": "new@school.test", "role": "ADMIN", "cognitoSub": "sub-new"}
    assert await api.error_codes(CREATE, person, input=sent) == denied
    for target in [sam, *([person] if person else [])]:
        assert await api.error_codes(UPDATE, person, input={"id": target.gid, "role": "ADMIN"}) == denied
    assert await value(make, "select count(*) from users where role = 'admin' or email like 'new%%'") == 0
