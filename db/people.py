"""Everything that is held about one person: gathered for them, and erased."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, and_, any_, bindparam, case, delete, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import ColumnElement, Select

from db import tables
from db.assignments import notes_by_assignment
from db.encryption import CannotDecrypt
from db.engine import Transaction, Work
from db.object_store import TranscriptStore, TranscriptUnavailable
from db.questions import IS_WITHHELD
from db.sessions import notes_by_session
from db.statement import Compiled
from db.subjects import subjects_by_id
from db.transcripts import transcripts_by_session
from db.users import users_by_id
from domain.errors import Code, Refused
from domain.sessions import SessionTranscript
from domain.users import User

MAX_EXPORT = 64 * 1024 * 1024
"""Characters of transcripts in one export; more would not be an answer but a download."""
TRANSCRIPTS_AT_ONCE = 50
"""How many are fetched and decrypted before the next are asked for."""
ERASING_AT_ONCE = 8
PATIENCE = 20.0
"""Seconds that an erasure waits for the transcript store; rows are locked meanwhile."""

Rows = list[dict[str, Any]]

_PERSON = bindparam("person", type_=Uuid())


class _Section:
    """One kind of row in an export: those that one of the conditions ties to the person, in the order of `by`."""

    def __init__(self, name: str, source: Select[Any], *conditions: ColumnElement[bool], by: str) -> None:
        self.name = name
        self.columns = [column.name for column in source.selected_columns]
        rows = source.where(or_(*conditions)).order_by(*(source.selected_columns[name] for name in by.split()))
        self._statement = Compiled(f"export_{name}", rows)

    async def read(self, read: Transaction, user_id: UUID) -> Rows:
        """The rows by column."""
        rows = await read.run(self._statement, {"person": user_id})
        return [dict(zip(self.columns, row, strict=True)) for row in rows]


def _but(table: Any, *hidden: str) -> list[Any]:
    """A table's columns without those that are not the application's to select, and the constant ones."""
    return [column for column in table.c if column.name not in hidden and not column.computed]


_users, _details, _log = tables.users, tables.user_details, tables.audit_log
_assignments, _links, _goals = tables.tutor_student_assignments, tables.parent_student_links, tables.goals
_sessions, _transcripts, _summaries = tables.sessions, tables.session_transcripts, tables.summaries
_practice, _solutions, _ratings = tables.practice_assignments, tables.practice_solutions, tables.student_ratings
_bank, _answers = tables.practice_bank_items, tables.bank_solutions
_questions, _nudges = tables.qa_interactions, tables.nudges
_overrides, _contents = tables.overrides, tables.override_contents
_claims, _citations = tables.summary_claims, tables.answer_citations
_entries_of_progress, _decisions = tables.progress_entries, tables.nudge_decisions
_settings, _familiarity = tables.practice_settings, tables.practice_familiarity
_generations, _materials = tables.generations, tables.study_materials

_person = _Section(
    "person",
    select(
        *_but(_users, "profile", "gamification", "analytics", "disclaimer_shown"), *_but(_details, "user_id")
    ).select_from(_users.join(_details, _details.c.user_id == _users.c.id)),
    _users.c.id == _PERSON,
    by="id",
)
_SECTIONS = [
    _Section(
        "tutor_assignments",
        select(*_but(_assignments, "notes")),
        _assignments.c.tutor_id == _PERSON,
        _assignments.c.student_id == _PERSON,
        by="assigned_at",
    ),
    _Section(
        "parent_links",
        select(*_but(_links)),
        _links.c.parent_id == _PERSON,
        _links.c.student_id == _PERSON,
        by="created_at",
    ),
    _Section(
        "goals",
        select(*_but(_goals)),
        _goals.c.student_id == _PERSON,
        _goals.c.created_by == _PERSON,
        by="created_at",
    ),
    _Section(
        "sessions",
        select(*_but(_sessions, "notes", "transcript_text", "transcript_storage_url")),
        _sessions.c.student_id == _PERSON,
        _sessions.c.tutor_id == _PERSON,
        by="session_date",
    ),
    _Section(
        "summaries",
        select(*_but(_summaries)),
        _summaries.c.student_id == _PERSON,
        _summaries.c.tutor_id == _PERSON,
        by="created_at",
    ),
    _Section(
        "summary_claims",
        select(*_but(_claims)).join_from(_claims, _summaries, _claims.c.summary_id == _summaries.c.id),
        _claims.c.student_id == _PERSON,
        _summaries.c.tutor_id == _PERSON,
        by="summary_id position",
    ),
    _Section(
        "practice",
        select(
            *_but(_practice, "ai_answer_text", "ai_explanation"),
            _bank.c.question_text,
            _solutions.c.answer_text,
            _solutions.c.explanation,
        ).select_from(
            _practice.outerjoin(_bank, _bank.c.id == _practice.c.bank_item_id).outerjoin(
                _solutions, _solutions.c.practice_assignment_id == _practice.c.id
            )
        ),
        _practice.c.student_id == _PERSON,
        by="assigned_at",
    ),
    _Section(
        "practice_items",
        select(*_but(_bank, "answer_text", "explanation"), _answers.c.answer_text, _answers.c.explanation).select_from(
            _bank.outerjoin(_answers, _answers.c.bank_item_id == _bank.c.id)
        ),
        _bank.c.created_by == _PERSON,
        by="created_at",
    ),
    _Section("practice_settings", select(*_but(_settings)), _settings.c.student_id == _PERSON, by="updated_at"),
    _Section("familiarity", select(*_but(_familiarity)), _familiarity.c.student_id == _PERSON, by="last_answered_at"),
    _Section(
        "progress",
        select(*_but(_entries_of_progress)),
        _entries_of_progress.c.student_id == _PERSON,
        by="occurred_at id",
    ),
    _Section("study_materials", select(*_but(_materials)), _materials.c.created_by == _PERSON, by="created_at"),
    _Section("ratings", select(*_but(_ratings)), _ratings.c.student_id == _PERSON, by="last_updated"),
    _Section(
        "questions",
        select(
            *_but(_questions, "answer", "highlight"),
            *(case((IS_WITHHELD, None), else_=_questions.c[name]).label(name) for name in ("answer", "highlight")),
        ),
        _questions.c.student_id == _PERSON,
        _questions.c.escalated_to_tutor_id == _PERSON,
        _questions.c.answered_by_tutor_id == _PERSON,
        by="created_at",
    ),
    _Section(
        "answer_citations",
        # The quote of an answer that is not shown yet would be the answer.
        select(
            *_but(_citations, "quote"), case((IS_WITHHELD, None), else_=_citations.c.quote).label("quote")
        ).join_from(_citations, _questions, _citations.c.question_id == _questions.c.id),
        _citations.c.student_id == _PERSON,
        _questions.c.escalated_to_tutor_id == _PERSON,
        _questions.c.answered_by_tutor_id == _PERSON,
        by="question_id position",
    ),
    _Section("nudges", select(*_but(_nudges)), _nudges.c.user_id == _PERSON, by="sent_at"),
    _Section("nudge_decisions", select(*_but(_decisions)), _decisions.c.user_id == _PERSON, by="first_at id"),
    _Section(
        "generations",
        select(*(_generations.c[name] for name in ("id", "kind", "engine", "created_at"))),
        _generations.c.student_id == _PERSON,
        by="created_at id",
    ),
    _Section(
        "overrides",
        select(
            *_but(_overrides, "original_content", "new_content"),
            _contents.c.original_content,
            _contents.c.new_content,
        ).select_from(_overrides.outerjoin(_contents, _contents.c.override_id == _overrides.c.id)),
        _overrides.c.student_id == _PERSON,
        _overrides.c.tutor_id == _PERSON,
        _overrides.c.reverted_by_tutor_id == _PERSON,
        by="created_at",
    ),
]
_entries = _Section(
    "audit_log",
    select(
        _log.c.id,
        _log.c.occurred_at,
        _log.c.actor_role,
        func.coalesce(_log.c.actor_id == _PERSON, False).label("own_act"),
        _log.c.action,
        _log.c.target_type,
        _log.c.target_id,
        _log.c.details,
    ),
    _log.c.actor_id == _PERSON,
    _log.c.student_id == _PERSON,
    and_(_log.c.target_type == "User", _log.c.target_id == _PERSON),
    by="occurred_at",
)

_kept_transcripts = Compiled(
    "transcripts_kept_outside",
    select(_transcripts.c.session_id, _transcripts.c.transcript_storage_url).where(
        _transcripts.c.student_id == _PERSON
    ),
)
_still_named = Compiled(
    "transcripts_still_named",
    select(_transcripts.c.transcript_storage_url).where(
        _transcripts.c.transcript_storage_url == any_(bindparam("urls", type_=ARRAY(Text())))
    ),
)


async def held_about_viewer(read: Transaction, *, transcripts: bool) -> dict[str, Any]:
    """What is held about the person for whom the transaction runs, as far as they may see it themselves.

    Row security and the protected views decide that, whoever ordered the export. Values are as the database has
    them, with notes and transcripts decrypted. A text that cannot be read any more is named as such.
    Raises Refused: UNAVAILABLE while the transcript store does not answer, TOO_LONG beyond MAX_EXPORT.
    """
    user_id = read.viewer.id
    (person,) = await _person.read(read, user_id)
    sections = {section.name: await section.read(read, user_id) for section in _SECTIONS}
    await _add_notes(read, sections["tutor_assignments"], notes_by_assignment)
    await _add_notes(read, sections["sessions"], notes_by_session)
    if transcripts:
        await _add_transcripts(read, sections["sessions"])
    return {"person": person, **sections, **await _names(read, sections.values())}


def transcripts_held(held: dict[str, Any]) -> list[tuple[UUID, UUID]]:
    """The sessions whose transcripts can be read in what is held, and the student of each."""
    return [(row["id"], row["student_id"]) for row in held["sessions"] if isinstance(row.get("transcript"), list)]


async def entries_about(work: Work, user_id: UUID) -> Rows:
    """What the audit log has by and about a person; who else acted is not told. For the product's own transaction."""
    return await _entries.read(work, user_id)


async def erase_person(work: Work, user: User) -> None:
    """Remove a locked person with all that is theirs; what belongs to others stays without them.

    A student's transcripts outside the database go first, and for good: when the rest then fails the student is
    still there, and erasing them again ends it. Raises Refused (UNAVAILABLE) when the store does not answer.
    """
    kept: dict[UUID, str | None] = dict(await work.run(_kept_transcripts, {"person": user.id}))
    await work.execute("delete_user", delete(_users).where(_users.c.id == user.id))
    urls = {url for url in kept.values() if url is not None}
    if urls:
        # An address that another student's session names as well is not only this student's.
        urls.difference_update(url for (url,) in await work.run(_still_named, {"urls": list(urls)}))
    if work.vault.store is not None:
        await _remove(work.vault.store, list(kept), urls)
    elif urls:
        raise Refused(
            Code.UNAVAILABLE,
            "Transcripts of this person lie in a store that this server is not set to; set TRANSCRIPT_STORE_URL.",
            "id",
        )


async def _remove(store: TranscriptStore, session_ids: Sequence[UUID], urls: Iterable[str]) -> None:
    turn = asyncio.Semaphore(ERASING_AT_ONCE)

    async def in_turn(removal: Any, what: Any) -> None:
        async with turn:
            await removal(what)

    failed: list[Exception] = []
    try:
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            for url in urls:
                group.create_task(in_turn(store.delete, url))
            for session_id in session_ids:
                group.create_task(in_turn(store.erase, session_id))
    except* (TranscriptUnavailable, TimeoutError) as failures:
        failed.extend(failures.exceptions)
    if failed:
        reason = next(
            (each.message for each in failed if isinstance(each, TranscriptUnavailable)), "It takes too long."
        )
        message = f"Not all transcripts of this person could be removed from their store. {reason} Nobody was erased."
        raise Refused(Code.UNAVAILABLE, message, "id") from failed[0]


async def _add_notes(read: Transaction, rows: Rows, batch: Any) -> None:
    """Put the person's own notes on the rows that have any."""
    for row, notes in zip(rows, await batch(read, [row["id"] for row in rows]), strict=True):
        if notes is not None:
            row["notes"] = _readable(notes)


async def _add_transcripts(read: Transaction, rows: Rows) -> None:
    size = 0
    for start in range(0, len(rows), TRANSCRIPTS_AT_ONCE):
        some = rows[start : start + TRANSCRIPTS_AT_ONCE]
        for row, found in zip(some, await transcripts_by_session(read, [row["id"] for row in some]), strict=True):
            if isinstance(found, SessionTranscript):
                turns = found.transcript.turns
                size += sum(len(turn.text) for turn in turns)
                row["transcript"] = [{"speaker": turn.speaker, "text": turn.text} for turn in turns]
            elif found is not None:
                row["transcript"] = _readable(found)
        if size > MAX_EXPORT:
            raise Refused(
                Code.TOO_LONG, "The transcripts are too long for one export; leave them out.", "include_transcripts"
            )


def _readable(value: str | CannotDecrypt | TranscriptUnavailable) -> Any:
    """A text, or a note that there was one. Raises Refused (UNAVAILABLE) where asking again later may help."""
    if isinstance(value, str):
        return value
    if value.code.startswith("TRANSCRIPT_STORE_"):
        raise Refused(
            Code.UNAVAILABLE,
            "The transcript store does not answer; try again later, or leave transcripts out.",
            "include_transcripts",
        )
    return {"unreadable": value.code}


async def _names(read: Transaction, sections: Iterable[Rows]) -> dict[str, Any]:
    """What the ids in an export stand for, as far as the person may see it."""
    ids = {value for rows in sections for row in rows for value in row.values() if isinstance(value, UUID)}
    wanted = sorted(ids)
    people = await users_by_id(read, wanted)
    subjects = await subjects_by_id(read, wanted)
    return {
        "people": [{"id": user.id, "role": user.role, "display_name": user.display_name} for user in people if user],
        "subjects": [{"id": subject.id, "name": subject.name} for subject in subjects if subject],
    }
