"""Nudges from decision to mail: caps, reasons, links, and a mail server that refuses and recovers."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from db.nudge_links import LIFETIME, link_token, nudge_of_link
from domain.clock import now
from domain.companion.model import Model
from domain.jobs import TryLater
from jobs.app import Worker
from jobs.mail import Mail
from jobs.nudges import evaluate_nudges, mail_nudge, send_nudge
from jobs.tools import Tools
from tests import openai_server as fake
from tests.api import Api
from tests.make import Make, Person
from tests.servers import Database
from tests.smtp_server import SmtpServer, smtp_server

# No quiet hours: tests run at any time of the day.
OPEN = {"preferences": {"quiet_from": "08:00", "quiet_until": "08:00"}}
SENDER = "Companion <companion@school.test>"
TEMPLATE = "Hello Sam! It has been 8 days. Ten minutes are enough to get going again."
WHY = """
query ($id: ID!) { node(id: $id) { ... on Student {
  nudges { nodes { id type channel message personalized triggerReason suggestionsMade mailState openedAt clickedAt
    decision { outcome reason explanation suggestions nudge { id } } } }
  nudgeDecisions { totalCount nodes { type outcome reason times } }
} } }
"""


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpServer]:
    async with smtp_server() as server:
        yield server


@pytest.fixture
def mailing(tools: Tools, smtp: SmtpServer, tmp_path: Path) -> Tools:
    """Tools that mail to the test's server."""
    return replace(tools, mail=Mail(url=smtp.url, sender=SENDER, folder=tmp_path / "mail"), public_url="http://here")


async def away(make: Make, days: int = 8, name: str = "sam", **values: Any) -> Person:
    values = {"profile": OPEN, **values}
    return await make.student(name, created_at=now() - timedelta(days=days), **values)


async def story(api: Api, person: Person) -> dict[str, Any]:
    node: dict[str, Any] = (await api.data(WHY, person, id=person.gid))["node"]
    return node


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        cursor = owner.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


async def test_a_nudge_is_decided_sent_mailed_and_explained_once(
    api: Api, make: Make, mailing: Tools, smtp: SmtpServer, database: Database
) -> None:
    sam, tess = await away(make), await make.tutor()
    await make.assignment(tess, sam)
    for _ in range(3):
        await asyncio.gather(*(evaluate_nudges(mailing) for _ in range(2)))
        await Worker(mailing, address=database.app_url).run_waiting()
    node = await story(api, sam)
    (nudge,) = node["nudges"]["nodes"]
    explanation = "No practice, question or session for some days: a call after 3, 7, 14 and 30 of them."
    assert {**nudge, "id": ""} == {
        "id": "",
        "type": "INACTIVITY",
        "channel": "BOTH",
        "message": TEMPLATE,
        "personalized": False,
        "triggerReason": explanation,
        "suggestionsMade": [],
        "mailState": "SENT",
        "openedAt": None,
        "clickedAt": None,
        "decision": {
            "outcome": "SENT",
            "reason": "AWAY",
            "explanation": explanation,
            "suggestions": [],
            "nudge": {"id": nudge["id"]},
        },
    }
    found = {(each["type"], each["outcome"], each["reason"]) for each in node["nudgeDecisions"]["nodes"]}
    assert found == {
        ("INACTIVITY", "SENT", "AWAY"),
        ("INACTIVITY", "NOT_SENT", "DUPLICATE"),
        ("LOGIN", "NOT_SENT", "NOT_DUE"),
        ("CROSS_SUBJECT", "NOT_SENT", "NOT_DUE"),
    }
    assert (await api.data(WHY, tess, id=sam.gid))["node"] == node  # a tutor of theirs sees why, too
    ((recipient, mail),) = smtp.taken
    assert recipient == sam.email
    assert mail["Subject"] == "Your study companion"
    assert mail["Message-ID"].endswith("@school.test>")
    text = body(mail, "plain")
    assert text.startswith(nudge["message"])

    # What the mail links to: a picture, and a page.
    (link,) = re.findall(r"http://here(/nudges/clicked/\S+)", text)
    (pixel,) = re.findall(r'http://here(/nudges/opened/[^"]+)', body(mail, "html"))
    http = api.http
    assert (await http.head(f"http://{api.address}{pixel}")).status_code == 200
    assert (await story(api, sam))["nudges"]["nodes"][0]["openedAt"] is None
    picture = await http.get(f"http://{api.address}{pixel}")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/gif")
    opened = (await story(api, sam))["nudges"]["nodes"][0]
    assert (opened["openedAt"] is not None, opened["clickedAt"]) == (True, None)
    for _ in range(2):
        page = await http.get(f"http://{api.address}{link}")
        assert (page.status_code, page.headers["location"]) == (303, "http://127.0.0.1:8000")
    clicked = (await story(api, sam))["nudges"]["nodes"][0]
    assert clicked["openedAt"] == opened["openedAt"]
    assert clicked["clickedAt"] is not None
    events = rows(database, "select kind from events order by xid, id")
    assert events == [("nudge_sent",), ("nudge_opened",)]
    await Worker(mailing, address=database.app_url).run_waiting()
    ((analytics,),) = rows(database, "select analytics->'nudge_engagement' from users where role = 'student'")
    assert analytics == {"opened": 100.0, "clicked": 100.0}


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


async def test_links_that_are_not_ours(api: Api, make: Make, mailing: Tools) -> None:
    keys = mailing.database.vault.keys
    nudge = await make.nudge(await away(make))
    token = link_token(keys, nudge, "opened", now())
    old = link_token(keys, nudge, "opened", now() - LIFETIME)
    altered = token[:-3] + ("AAA" if token[-3:] != "AAA" else "BBB")
    for wrong in (altered, old, "x", "v1:no:AAAA", "%00", "a" * 5_000, link_token(keys, UUID(int=1), "opened", now())):
        assert (await api.http.get(f"http://{api.address}/nudges/opened/{wrong}")).status_code == 404
    assert nudge_of_link(keys, token, "clicked", now()) is None
    assert nudge_of_link(keys, token, "opened", now()) == nudge
    assert (await api.http.post(f"http://{api.address}/nudges/opened/{token}")).status_code == 405


@pytest.mark.parametrize(
    ("step", "reply"),
    [("connect", "421 not now"), ("mail", "451 later"), ("rcpt", "450 busy"), ("data", "452 full"), ("text", "451 no")],
)
async def test_a_server_that_refuses_and_recovers(
    step: str, reply: str, make: Make, mailing: Tools, smtp: SmtpServer, database: Database
) -> None:
    nudge = await make.nudge(await away(make), channel="email", mail_state="due")
    smtp.fails[step] = reply
    for _ in range(3):
        with pytest.raises(TryLater, match=reply[:3]):
            await mail_nudge(mailing, nudge)
        assert rows(database, "select mail_state from nudges") == [("due",)]
    assert smtp.taken == []
    smtp.fails.clear()
    for _ in range(3):
        await mail_nudge(mailing, nudge)
    assert len(smtp.taken) == 1
    assert rows(database, "select mail_state, mailed_at is not null from nudges") == [("sent", True)]


async def test_a_server_that_is_away(
    make: Make, mailing: Tools, smtp: SmtpServer, database: Database, tmp_path: Path
) -> None:
    """The job waits for it, with what went wrong on record, and nothing is lost."""
    await away(make)
    gone = replace(mailing, mail=Mail(url="smtp://127.0.0.1:1", sender=SENDER, folder=tmp_path))
    await evaluate_nudges(gone)
    await Worker(gone, address=database.app_url).run_waiting()
    assert rows(database, "select mail_state from nudges") == [("due",)]
    ((error,),) = rows(database, "select error from jobs.errors")
    assert error.startswith("The mail server cannot be reached")
    rows(database, "update jobs.procrastinate_jobs set scheduled_at = null")
    await Worker(mailing, address=database.app_url).run_waiting()
    assert rows(database, "select mail_state from nudges") == [("sent",)]
    assert len(smtp.taken) == 1


async def test_a_mail_that_was_held_up_waits_for_the_end_of_the_quiet_hours(
    make: Make, mailing: Tools, smtp: SmtpServer, database: Database
) -> None:
    """But what a tutor sent does not."""
    moment = now()
    hours = [f"{(moment + timedelta(hours=by)):%H:%M}" for by in (-1, 1)]
    sam = await away(make, profile={"preferences": {"quiet_from": hours[0], "quiet_until": hours[1]}})
    held = await make.nudge(sam, channel="email", mail_state="due", trigger_key="away:2026-03-02:7")
    await mail_nudge(mailing, held)
    assert (smtp.taken, rows(database, "select mail_state from nudges")) == ([], [("due",)])
    ((at,),) = rows(database, "select scheduled_at from jobs.procrastinate_jobs")
    assert timedelta(minutes=58) < at - moment < timedelta(minutes=61)
    await mail_nudge(mailing, await make.nudge(sam, channel="email", mail_state="due"))
    assert len(smtp.taken) == 1


async def test_a_program_that_opens_mails_brings_nobody_back(make: Make, mailing: Tools, database: Database) -> None:
    sam, tom = await away(make, 20), await away(make, 20, name="tom")
    for person, followed in ((sam, None), (tom, now())):
        await make.question(person, created_at=now() - timedelta(days=10))
        seen: dict[str, Any] = {"opened_at": now(), "clicked_at": followed}
        await make.nudge(person, channel="email", mail_state="sent", sent_at=now() - timedelta(days=3), **seen)
    await evaluate_nudges(mailing)
    decided = rows(database, "select user_id, type from nudge_decisions where outcome = 'due'")
    assert set(decided) == {(sam.id, "inactivity"), (tom.id, "login")}


@pytest.mark.parametrize(
    ("step", "reply", "state"), [("rcpt", "550 no such person", "refused"), ("text", "cut", "unknown")]
)
async def test_what_is_not_sent_again(
    step: str, reply: str, state: str, make: Make, mailing: Tools, smtp: SmtpServer, database: Database
) -> None:
    nudge = await make.nudge(await away(make), channel="email", mail_state="due")
    smtp.fails[step] = reply
    await mail_nudge(mailing, nudge)
    assert rows(database, "select mail_state from nudges") == [(state,)]
    smtp.fails.clear()
    await mail_nudge(mailing, nudge)
    assert smtp.taken == []


async def test_an_address_that_no_mail_can_have_is_refused_once(
    make: Make, mailing: Tools, smtp: SmtpServer, database: Database
) -> None:
    nudge = await make.nudge(await away(make, name="sam..lee"), channel="email", mail_state="due")
    await mail_nudge(mailing, nudge)
    assert (smtp.connections, rows(database, "select mail_state from nudges")) == (0, [("refused",)])


async def test_a_mail_that_was_being_handed_over_when_its_worker_ended(
    make: Make, mailing: Tools, smtp: SmtpServer, database: Database
) -> None:
    nudge = await make.nudge(await away(make), channel="email", mail_state="handing")
    await mail_nudge(mailing, nudge)
    assert (rows(database, "select mail_state from nudges"), smtp.taken) == ([("unknown",)], [])


async def test_two_who_mail_the_same(make: Make, mailing: Tools, smtp: SmtpServer) -> None:
    nudge = await make.nudge(await away(make), channel="email", mail_state="due")
    await asyncio.gather(*(mail_nudge(mailing, nudge) for _ in range(5)))
    assert len(smtp.taken) == 1


async def test_without_a_server_mails_are_files(make: Make, tools: Tools, database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    filing = replace(tools, mail=Mail(url=None, sender=SENDER, folder=folder), public_url="http://here")
    nudge = await make.nudge(await away(make), "Zoë, 1 < 2 & “so on”", channel="both", mail_state="due")
    for _ in range(2):
        await mail_nudge(filing, nudge)
    (file,) = folder.iterdir()
    assert file.name == f"{nudge}.eml"
    mail = message_from_bytes(file.read_bytes(), policy=default)
    assert isinstance(mail, EmailMessage)
    assert body(mail, "plain").startswith("Zoë, 1 < 2 & “so on”")
    assert "Zoë, 1 &lt; 2 &amp; “so on”" in body(mail, "html")
    assert rows(database, "select mail_state from nudges") == [("sent",)]


async def test_a_folder_that_cannot_be_written_to_loses_no_mail(
    make: Make, tools: Tools, database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "mail"
    folder.write_text("no folder")
    filing = replace(tools, mail=Mail(url=None, sender=SENDER, folder=folder))
    nudge = await make.nudge(await away(make), channel="email", mail_state="due")
    for _ in range(2):
        with pytest.raises(TryLater, match="cannot be written"):
            await mail_nudge(filing, nudge)
    folder.unlink()
    await mail_nudge(filing, nudge)
    assert [file.name for file in folder.iterdir()] == [f"{nudge}.eml"]
    assert rows(database, "select mail_state from nudges") == [("sent",)]


async def test_a_mail_that_came_a_day_late_counts_on_that_day(make: Make, mailing: Tools, database: Database) -> None:
    """As does one that is still on its way."""
    before = now() - timedelta(hours=30)
    mailed = {"late": ("sent", now()), "coming": ("due", None), "stuck": ("due", None), "early": ("sent", before)}
    for name, (state, at) in mailed.items():
        sent = before - timedelta(days=5) if name == "stuck" else before
        await make.nudge(await away(make, name=name), channel="email", mail_state=state, mailed_at=at, sent_at=sent)
    await evaluate_nudges(mailing)
    query = "select email, reason from nudge_decisions join users on users.id = user_id where nudge_decisions.type = %s"
    decided = rows(database, query.replace("%s", "'inactivity' order by email"))
    assert decided == [
        (f"{name}@school.test", reason)
        for name, reason in (("coming", "cap_reached"), ("early", "away"), ("late", "cap_reached"), ("stuck", "away"))
    ]


async def test_a_decision_is_looked_at_again_before_it_is_carried_out(
    make: Make, mailing: Tools, database: Database
) -> None:
    """Between deciding and sending the student asks for no nudges, or is erased."""
    sam, tom = await away(make), await away(make, name="tom")
    await evaluate_nudges(mailing)
    chosen = {"preferences": {**OPEN["preferences"], "nudge_frequency_cap": 0}}
    rows(database, f"update users set profile = '{json.dumps(chosen)}' where id = '{sam.id}'")
    rows(database, f"delete from users where id = '{tom.id}'")
    await Worker(mailing, address=database.app_url).run_waiting()
    assert rows(database, "select id from nudges") == []
    decided = rows(database, "select outcome, reason from nudge_decisions where type = 'inactivity'")
    assert decided == [("not_sent", "opted_out")]
    await send_nudge(mailing, UUID(int=3))


async def test_a_completed_goal_leads_to_a_related_subject(
    api: Api, make: Make, mailing: Tools, database: Database
) -> None:
    sam = await make.student(profile=OPEN)
    near, own, taken = await make.subject("Geometry"), UUID(int=77), await make.subject("Physics")
    await make.subject("Algebra", id=own, related_subjects=[near, taken])
    await make.goal(sam, "Pass algebra", subject_id=own, status="completed", completed_at=now() - timedelta(hours=1))
    await make.goal(sam, "Pass physics", subject_id=taken)
    await evaluate_nudges(mailing)
    await Worker(mailing, address=database.app_url).run_waiting()
    (nudge,) = (await story(api, sam))["nudges"]["nodes"]
    assert (nudge["type"], nudge["suggestionsMade"]) == ("CROSS_SUBJECT", ["Geometry"])
    assert nudge["message"] == "Hello Sam! You have reached your goal “Pass algebra”. How about Geometry next?"


async def test_a_goal_that_is_reached_again_after_months_has_had_its_nudge(
    make: Make, mailing: Tools, database: Database
) -> None:
    sam = await make.student(profile=OPEN)
    algebra = await make.subject("Algebra", related_subjects=[await make.subject("Geometry")])
    goal = await make.goal(sam, subject_id=algebra, status="completed", completed_at=now() - timedelta(hours=1))
    told: dict[str, Any] = {
        "type": "cross_subject",
        "trigger_key": f"goal:{goal}",
        "sent_at": now() - timedelta(days=100),
    }
    await make.nudge(sam, **told)
    await evaluate_nudges(mailing)
    decided = rows(database, "select outcome, reason from nudge_decisions where type = 'cross_subject'")
    assert decided == [("not_sent", "duplicate")]


async def test_what_a_tutor_said_no_to_does_not_wait_for_the_student(
    make: Make, mailing: Tools, database: Database
) -> None:
    sam = await away(make)
    for _ in range(2):
        await make.written_practice(sam, flagged=False, held=True)
    await make.written_practice(sam)
    await evaluate_nudges(mailing)
    await Worker(mailing, address=database.app_url).run_waiting()
    ((message,),) = rows(database, "select message from nudges")
    assert "One practice item waits for you." in message


async def test_many_students_are_decided_in_parts(make: Make, mailing: Tools, database: Database) -> None:
    rows(
        database,
        "insert into users (cognito_sub, email, role, created_at) select n::text, n || '@x.test', 'student',"
        " now() - interval '4 days' from generate_series(1, 230) as n",
    )
    await evaluate_nudges(mailing)
    assert rows(database, "select count(*), count(distinct user_id) from nudge_decisions") == [(690, 230)]
    assert rows(database, "select count(*) from jobs.procrastinate_jobs") in ([(230,)], [(0,)])


def test_addresses_of_servers(tmp_path: Path) -> None:
    for url in ("http://x", "smtp://", "smtp://host:port", "host:25"):
        with pytest.raises(ValueError, match="SMTP_URL cannot be read"):
            Mail(url=url, sender=SENDER, folder=tmp_path)
    with pytest.raises(ValueError, match="MAIL_FROM"):
        Mail(url=None, sender="nobody", folder=tmp_path)


async def test_a_link_lives_for_a_while(tools: Tools) -> None:
    moment: datetime = now()
    token = link_token(tools.database.vault.keys, UUID(int=9), "opened", moment)
    for days, found in ((89, UUID(int=9)), (91, None)):
        assert nudge_of_link(tools.database.vault.keys, token, "opened", moment + timedelta(days=days)) == found


@pytest.mark.parametrize(
    ("reply", "message", "personalized", "outcome"),
    [
        (
            fake.completion({"message": "Sam, 8 days is a while. Come and have a look."}),
            "Sam, 8 days is a while. Come and have a look.",
            True,
            "used",
        ),
        (fake.completion({"message": "Win 500 dollars at www.example.com!"}), TEMPLATE, False, "unsupported"),
        (fake.completion({"no": "message"}), TEMPLATE, False, "unusable"),
        (fake.completion(refusal="no"), TEMPLATE, False, "refused"),
        (fake.status(500), TEMPLATE, False, "unavailable"),
    ],
)
async def test_what_the_model_writes_or_the_template_in_its_place(
    reply: fake.Reply,
    message: str,
    personalized: bool,
    outcome: str,
    make: Make,
    tools: Tools,
    database: Database,
) -> None:
    profile = {"preferences": {**OPEN["preferences"], "nudge_channel": "in_app"}}
    await away(make, profile=profile)
    async with fake.openai_server() as server:
        server.says(reply)
        model = Model(
            key=fake.KEY,
            base_url=server.url,
            model="big",
            small_model="small",
            timeout=5,
            tokens_per_day=100_000,
            backoff=0,
        )
        written = replace(tools, model=model)
        await evaluate_nudges(written)
        await Worker(written, address=database.app_url).run_waiting()
        await model.aclose()
    assert rows(database, "select message, personalized, mail_state from nudges") == [(message, personalized, None)]
    ((first,), *_) = rows(database, "select outcome from generations order by created_at")
    assert first == outcome
    engine = "OPENAI" if personalized else "EXTRACTIVE"
    used = "select engine from generations join nudges on nudges.generation_id = generations.id"
    assert rows(database, used) == [(engine,)]
