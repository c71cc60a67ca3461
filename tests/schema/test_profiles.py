"""Profiles and preferences: kept by the people themselves, or by administrators for them."""

import asyncio
from typing import Any

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements
from tests.schema.stored import log, value

VIEWER = "{ viewer { displayName details { disclaimerShown } } }"
PROFILE = """
mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) {
    user { displayName details { profile { goals subjects preferences { learningStyle nudgeFrequencyCap } } } }
    userErrors { field code }
  }
}
"""
PREFERENCES = """
mutation ($input: UpdatePreferencesInput!) {
  updatePreferences(input: $input) {
    user { details { profile { goals preferences { learningStyle nudgeFrequencyCap } } } }
    userErrors { field code }
  }
}
"""
DISCLAIMER = "mutation { acknowledgeDisclaimer { user { email details { disclaimerShown } } userErrors { code } } }"

ROLES = ["student", "tutor", "parent", "admin"]


async def profile_of(make: Make, person: Person) -> Any:
    """The profile as it is stored."""
    return await value(make, "select profile from users where id = %s", person.id)


@pytest.mark.parametrize("role", ROLES)
async def test_a_profile_keeps_what_it_does_not_know(api: Api, make: Make, statements: Statements, role: str) -> None:
    stored: dict[str, Any] = {
        "goals": ["old"],
        "theme": {"dark": True},
        "nothing": None,
        "preferences": {"nudge_frequency_cap": 3, "font": "large", "voice": None},
        "progress": {"multi_goal_tracking": []},
    }
    kim = await make.person(role, "kim", profile=stored)
    sent = {"displayName": " Kim K. ", "goals": [" Learn ", "  "], "subjects": ["Algebra"]}
    statements.clear()
    data = await api.data(PROFILE, kim, input=sent)
    assert data["updateProfile"] == {
        "user": {
            "displayName": "Kim K.",
            "details": {
                "profile": {
                    "goals": ["Learn"],
                    "subjects": ["Algebra"],
                    "preferences": {"learningStyle": "MIXED", "nudgeFrequencyCap": 3},
                }
            },
        },
        "userErrors": [],
    }
    assert statements.names == [
        "lock_user", "profile_by_user", "update_user", "lock_user", "user_details_by_user"
    ]  # fmt: skip
    data = await api.data(PREFERENCES, kim, input={"learningStyle": "VISUAL", "nudgeFrequencyCap": 0})
    assert data["updatePreferences"]["user"]["details"]["profile"] == {
        "goals": ["Learn"],
        "preferences": {"learningStyle": "VISUAL", "nudgeFrequencyCap": 0},
    }
    assert await profile_of(make, kim) == {
        "goals": ["Learn"],
        "subjects": ["Algebra"],
        "theme": {"dark": True},
        "nothing": None,
        "preferences": {"nudge_frequency_cap": 0, "font": "large", "voice": None, "learning_style": "visual"},
        "progress": {"multi_goal_tracking": []},
    }
    await api.data(PREFERENCES, kim, input={"learningStyle": None})
    await api.data(PROFILE, kim, input={"goals": None, "displayName": None})
    profile = await profile_of(make, kim)
    assert (profile["goals"], profile["preferences"]) == (
        [], {"nudge_frequency_cap": 0, "font": "large", "voice": None}
    )  # fmt: skip
    assert await value(make, "select count(*) from audit_log") == 0


async def test_what_is_not_sent_stays(api: Api, make: Make) -> None:
    sam = await make.student("sam", profile={"goals": ["one"]})
    await api.data(PROFILE, sam, input={})
    await api.data(PREFERENCES, sam, input={})
    assert await profile_of(make, sam) == {"goals": ["one"]}
    data = await api.data(VIEWER, sam)
    assert data["viewer"]["displayName"] == "Sam"


@pytest.mark.parametrize("stored", [[], "text", 7, None, {"learning_style": ["visual"], "nudge_frequency_cap": "many"}])
async def test_preferences_survive_what_was_there(api: Api, make: Make, stored: Any) -> None:
    sam = await make.student("sam", profile={"preferences": stored, "goals": {"no": "list"}, "progress": 7})
    data = await api.data(PREFERENCES, sam, input={"nudgeFrequencyCap": 10})
    assert data["updatePreferences"]["user"]["details"]["profile"] == {
        "goals": [],
        "preferences": {"learningStyle": "MIXED", "nudgeFrequencyCap": 10},
    }


async def test_odd_numbers_in_what_is_kept_reach_nobody(api: Api, make: Make) -> None:
    sam = await make.student(
        "sam",
        profile={
            "progress": {
                "multi_goal_tracking": [
                    {"subject": {"raw": 1}, "completion": "1e999", "streak": 10**20, "xp": -(10**20)},
                    {"subject": "Algebra", "completion": "40%", "streak": True, "xp": 1.5},
                    {"subject": "Physics", "completion": "nan", "streak": "3"},
                    "no object",
                ]
            }
        },
        gamification={"xp": 10**12, "badges": ["a", 7]},
        analytics={"confidence_distribution": {"High": -5, "Medium": "x"}},
    )
    data = await api.data(
        """{ viewer { details {
            profile { progress { subject completion streak xp } }
            gamification { xp level badges }
            analytics { confidenceDistribution { high medium low } }
        } } }""",
        sam,
    )
    largest = 2**31 - 1
    assert data["viewer"]["details"] == {
        "profile": {
            "progress": [
                {"subject": "", "completion": 100, "streak": largest, "xp": -largest},
                {"subject": "Algebra", "completion": 40, "streak": 0, "xp": 0},
                {"subject": "Physics", "completion": 0, "streak": 0, "xp": 0},
            ]
        },
        "gamification": {"xp": largest, "level": 1, "badges": ["a"]},
        "analytics": {"confidenceDistribution": {"high": 0, "medium": 0, "low": 0}},
    }


@pytest.mark.parametrize(
    ("document", "sent", "field", "code"),
    [
        (PROFILE, {"displayName": "x" * 101}, "displayName", "TOO_LONG"),
        (PROFILE, {"displayName": "a\x00b"}, "displayName", "INVALID"),
        (PROFILE, {"goals": ["x"] * 21}, "goals", "TOO_LONG"),
        (PROFILE, {"goals": ["x" * 201]}, "goals", "TOO_LONG"),
        (PROFILE, {"subjects": ["a\x00"]}, "subjects", "INVALID"),
        (PREFERENCES, {"nudgeFrequencyCap": 11}, "nudgeFrequencyCap", "INVALID"),
        (PREFERENCES, {"nudgeFrequencyCap": -1}, "nudgeFrequencyCap", "INVALID"),
    ],
)
async def test_what_does_not_fit_is_refused(
    api: Api, make: Make, document: str, sent: dict[str, Any], field: str, code: str
) -> None:
    sam = await make.student("sam", profile={"goals": ["one"]})
    (payload,) = (await api.data(document, sam, input=sent)).values()
    assert payload == {"user": None, "userErrors": [{"field": field, "code": code}]}
    assert await profile_of(make, sam) == {"goals": ["one"]}


@pytest.mark.parametrize("role", ["student", "tutor", "parent"])
async def test_nobody_keeps_anothers_profile(api: Api, make: Make, role: str) -> None:
    sam = await make.student()
    if role == "student":
        other = await make.student("sue")
    else:
        other = await (make.tutor if role == "tutor" else make.parent)(of=sam)
    for document, sent in ((PROFILE, {"displayName": "Mine"}), (PREFERENCES, {"nudgeFrequencyCap": 9})):
        (payload,) = (await api.data(document, other, input={"userId": sam.gid, **sent})).values()
        assert payload == {"user": None, "userErrors": [{"field": "userId", "code": "FORBIDDEN"}]}
    assert await profile_of(make, sam) == {}
    assert await api.error_codes(PROFILE, input={}) == ["UNAUTHENTICATED"]
    assert await api.error_codes(PREFERENCES, input={}) == ["UNAUTHENTICATED"]


async def test_an_administrator_keeps_anyones_profile_on_record(api: Api, make: Make) -> None:
    sam, ada = await make.student(), await make.admin()
    data = await api.data(PROFILE, ada, input={"userId": sam.gid, "displayName": "Samuel", "goals": ["x"]})
    assert data["updateProfile"]["user"]["displayName"] == "Samuel"
    await api.data(PREFERENCES, ada, input={"userId": sam.gid, "nudgeFrequencyCap": 2})
    assert await profile_of(make, sam) == {"goals": ["x"], "preferences": {"nudge_frequency_cap": 2}}
    assert await log(make) == [
        ("user.update_profile", "User", sam.id, sam.id, {"fields": ["display_name", "goals"]}),
        ("user.update_preferences", "User", sam.id, sam.id, {"fields": ["nudge_frequency_cap"]}),
    ]
    wrong = to_global("Tutor", sam.id)
    data = await api.data(PROFILE, ada, input={"userId": wrong, "displayName": "x"})
    assert data["updateProfile"]["userErrors"] == [{"field": "userId", "code": "NOT_FOUND"}]
    assert await api.error_codes(PROFILE, ada, input={"userId": to_global("Goal", sam.id)}) == ["BAD_ID"]


async def test_changes_of_a_profile_at_once_are_all_kept(api: Api, make: Make) -> None:
    sam = await make.student()
    await asyncio.gather(
        *(api.data(PROFILE, sam, input={"goals": ["g"]}) for _ in range(3)),
        *(api.data(PROFILE, sam, input={"subjects": ["s"]}) for _ in range(3)),
        *(api.data(PREFERENCES, sam, input={"learningStyle": "TEXTUAL"}) for _ in range(3)),
        *(api.data(PREFERENCES, sam, input={"nudgeFrequencyCap": 5}) for _ in range(3)),
    )
    assert await profile_of(make, sam) == {
        "goals": ["g"],
        "subjects": ["s"],
        "preferences": {"learning_style": "textual", "nudge_frequency_cap": 5},
    }


@pytest.mark.parametrize("role", ROLES)
async def test_the_disclaimer_is_acknowledged_for_oneself(api: Api, make: Make, role: str) -> None:
    kim, other = await make.person(role, "kim"), await make.person(role, "other")
    for _ in range(2):
        data = await api.data(DISCLAIMER, kim)
        assert data["acknowledgeDisclaimer"] == {
            "user": {"email": "kim@school.test", "details": {"disclaimerShown": True}},
            "userErrors": [],
        }
    assert (await api.data(VIEWER, other))["viewer"]["details"] == {"disclaimerShown": False}
    assert await api.error_codes(DISCLAIMER) == ["UNAUTHENTICATED"]


WHEN = """
mutation ($input: UpdatePreferencesInput!) {
  updatePreferences(input: $input) {
    user { details { profile { preferences { nudgeChannel timeZone quietFrom quietUntil } } } }
    userErrors { field code }
  }
}
"""


async def test_when_and_where_nudges_come(api: Api, make: Make) -> None:
    sam = await make.student(profile={"preferences": {"time_zone": "Mars/Base", "quiet_from": "late", "voice": 1}})
    unset = {"nudgeChannel": "BOTH", "timeZone": "UTC", "quietFrom": "21:00:00", "quietUntil": "08:00:00"}
    chosen = {
        "nudgeChannel": "IN_APP",
        "timeZone": "America/New_York",
        "quietFrom": "20:30:00",
        "quietUntil": "07:00:00",
    }
    for sent, expected in (({}, unset), (chosen, chosen), (dict.fromkeys(chosen), unset)):
        data = await api.data(WHEN, sam, input=sent)
        assert data["updatePreferences"]["user"]["details"]["profile"]["preferences"] == expected
    assert (await profile_of(make, sam))["preferences"] == {"voice": 1}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timeZone", "Mars/Base"),
        ("timeZone", "../../etc/passwd"),
        ("timeZone", "x" * 1_000),
        ("timeZone", ""),
        ("timeZone", "America"),
        ("timeZone", "localtime"),
        ("timeZone", "right/UTC"),
        ("quietFrom", "20:00:00+02:00"),
    ],
)
async def test_what_is_no_zone_or_has_one(field: str, value: str, api: Api, make: Make) -> None:
    sam = await make.student()
    data = await api.data(WHEN, sam, input={field: value})
    assert data["updatePreferences"] == {"user": None, "userErrors": [{"field": field, "code": "INVALID"}]}
