"""Nudges: decided for every student, written, sent once, and mailed."""

import logging
from datetime import datetime
from functools import partial
from urllib.parse import quote
from uuid import UUID

from db import generations
from db import nudge_facts as facts_db
from db import nudges as nudges_db
from db.engine import Work
from db.jobs import defer
from db.nudge_links import link_token
from db.progress import lock_standing
from domain import nudge_texts
from domain.clock import now
from domain.companion.model import ModelFailed
from domain.events import Event, EventKind
from domain.generations import GenerationKind, Outcome
from domain.jobs import JobKind, TryLater
from domain.nudge_rules import Decision, Facts, NudgeDecision, decide, explained, quiet_until
from domain.nudge_rules import Outcome as Decided
from domain.nudges import MailState, draft
from domain.users import profile_of, zone_of
from jobs.mail import MailLost, MailRefused
from jobs.tools import Tools

log = logging.getLogger("study.nudges")

SUBJECT_LINE = "Your study companion"


async def evaluate_nudges(tools: Tools) -> None:
    """Decide for every student, some at a time, and keep why."""
    last = UUID(int=0)
    while True:
        async with tools.database.system_work() as work:
            students = await facts_db.facts_of_students(work, now(), after=last)
            for decision_id in await _keep(work, students):
                await defer(work, JobKind.SEND_NUDGE, decision_id=decision_id)
        if not students:
            return
        last = students[-1].user_id


async def send_nudge(tools: Tools, decision_id: UUID) -> None:
    """Write what was decided on and send it, if it is still due. The model is asked with no transaction open."""
    async with tools.database.system_work() as work:
        decision = await facts_db.lock_decision(work, decision_id)
        found = None if decision is None else await _still_due(work, decision)
    if found is None:
        return
    text, generation_id = await _written(tools, *found)
    async with tools.database.system_work() as work:
        decision = await facts_db.lock_decision(work, decision_id)
        # The lock on the student before the facts: two nudges of different types count against one another.
        if decision is None or await lock_standing(work, decision.user_id) is None:
            return
        found = await _still_due(work, decision)
        if found is None:
            return
        await _send(work, decision, *found, text, generation_id)


async def mail_nudge(tools: Tools, nudge_id: UUID) -> None:
    """Hand the mail of a nudge to the server, once."""
    async with tools.database.system_work() as work:
        found = await nudges_db.mail_of_nudge(work, nudge_id)
        if found is not None and found.state is MailState.HANDING:
            # Whoever handed it over before us ended there: it may have arrived.
            await nudges_db.move_mail(work, nudge_id, MailState.HANDING, MailState.UNKNOWN)
        if found is not None and found.state is MailState.DUE and (at := _quiet_until(found)) is not None:
            # Sent while it was not quiet; the mail server was away since.
            await defer(work, JobKind.MAIL_NUDGE, at=at, nudge_id=nudge_id)
            return
    if found is None or found.state is not MailState.DUE:
        return
    if tools.mail is None:
        raise TryLater("This process sends no mail.")
    link, pixel = (_link(tools, nudge_id, action) for action in ("clicked", "opened"))
    move = partial(_move, tools, nudge_id)
    try:
        mail = tools.mail.message(
            str(nudge_id), to=found.address, subject=SUBJECT_LINE, text=found.message, link=link, pixel=pixel
        )
        if await tools.mail.send(str(nudge_id), mail, partial(move, MailState.DUE, MailState.HANDING)):
            await move(MailState.HANDING, MailState.SENT)
    except TryLater:
        await move(MailState.HANDING, MailState.DUE)
        raise
    except MailRefused as error:
        log.warning("the mail of nudge %s was refused: %s", nudge_id, error)
        for state in (MailState.DUE, MailState.HANDING):
            await move(state, MailState.REFUSED)
    except MailLost as error:
        log.warning("the mail of nudge %s may be lost: %s", nudge_id, error)
        await move(MailState.HANDING, MailState.UNKNOWN)


def _quiet_until(mail: nudges_db.MailToSend) -> datetime | None:
    """When the mail may go out; None for now, and for what a person sent."""
    preferences = profile_of(mail.profile).preferences
    quiet = preferences.quiet_from, preferences.quiet_until
    return None if mail.trigger_key is None else quiet_until(now(), zone_of(mail.profile), *quiet)


async def _move(tools: Tools, nudge_id: UUID, before: MailState, after: MailState) -> bool:
    async with tools.database.system_work() as work:
        return await nudges_db.move_mail(work, nudge_id, before, after)


async def _keep(work: Work, students: list[Facts]) -> list[UUID]:
    decided = [(facts, decision) for facts in students for decision in decide(facts, now())]
    return await facts_db.keep_decisions(work, decided, now())


async def _still_due(work: Work, decision: NudgeDecision) -> tuple[Facts, Decision] | None:
    """The facts and the decision as they are now; None when it was carried out, or would not be taken any more."""
    if decision.outcome is not Decided.DUE:
        return None
    students = await facts_db.facts_of_students(work, now(), only=decision.user_id)
    for facts in students:
        for fresh in decide(facts, now()):
            same = (fresh.type, fresh.trigger_key) == (decision.type, decision.trigger_key)
            if same and fresh.outcome is Decided.DUE:
                return facts, fresh
    # What is decided now says why.
    await facts_db.drop_decision(work, decision.id)
    for decision_id in await _keep(work, students):
        await defer(work, JobKind.SEND_NUDGE, decision_id=decision_id)
    return None


async def _written(tools: Tools, facts: Facts, decision: Decision) -> tuple[str | None, UUID | None]:
    """The model's text and its record; None for both where the template is to do."""
    if tools.model is None:
        return None, None
    try:
        written = await generations.ask(
            tools.database,
            tools.model,
            nudge_texts.prompt(facts, decision),
            nudge_texts.NudgeText,
            kind=GenerationKind.NUDGE,
            student_id=facts.user_id,
        )
    except ModelFailed:
        return None, None  # on record already; a nudge does not wait for the model
    text = written.value.message.strip()
    fault = nudge_texts.fault(text, facts, decision)
    if fault is not None:
        async with tools.database.system_work() as work:
            await generations.mark(work, written.generation_id, Outcome.UNSUPPORTED, fault)
        return None, None
    return text, written.generation_id


async def _send(
    work: Work, decided: NudgeDecision, facts: Facts, decision: Decision, text: str | None, generation_id: UUID | None
) -> None:
    if generation_id is None:
        generation_id = await generations.add_embedded(work, GenerationKind.NUDGE, facts.user_id)
    else:
        await generations.mark(work, generation_id, Outcome.USED)
    new = draft(
        user_id=facts.user_id,
        type=decision.type,
        channel=facts.channel,
        message=text or nudge_texts.template(facts, decision),
        personalized=text is not None,
        trigger_reason=explained(decision.reason),
        suggestions_made=decision.suggestions,
    )
    nudge = await nudges_db.insert_nudge(work, new, trigger_key=decision.trigger_key, generation_id=generation_id)
    await facts_db.settle_decision(work, decided.id, nudge.id)
    work.tell(Event(EventKind.NUDGE_SENT, nudge.user_id, nudge.id, person_id=nudge.user_id))


def _link(tools: Tools, nudge_id: UUID, action: str) -> str:
    token = link_token(tools.database.vault.keys, nudge_id, action, now())
    return f"{tools.public_url}/nudges/{action}/{quote(token, safe='')}"
