"""What an answer to a student can rest on: study material and the bank by full-text search, and what is their own.

Transcripts are encrypted and in no index: those of the student's latest sessions are read, and opened once the
transaction is over, as they may lie in a store outside.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, case, column, false, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from db.engine import Transaction
from db.statement import Compiled
from db.tables import (
    answer_citations,
    goals,
    practice_assignments,
    practice_bank_items,
    qa_interactions,
    session_transcripts,
    sessions,
    subjects,
    summaries,
)
from db.transcripts import opened
from db.vault import Vault
from domain.companion.lesson_material import said_in, told_in
from domain.companion.own_goals import OwnGoal
from domain.companion.retrieval import (
    Asked,
    Corpus,
    Disproved,
    Findings,
    OpenItem,
    Passage,
    SourceKind,
    passages_of,
    without,
)
from domain.companion.sentences import sentence, sentences
from domain.sessions import SessionTranscript

PASSAGES = 60
ITEMS = 30
SUMMARIES = 60
GOALS = 50
OPEN = 200
DISPROVED = 500
SESSIONS = 12
"""So many of each are looked at, the most fitting of the first two, the latest of the others."""
WORDS = 30
"""So many of a question's words are searched for."""
ENOUGH = 400
"""The rarest words are searched for first, and no more of them once so many passages can have one."""
TITLE = 120


@dataclass(frozen=True, slots=True)
class Searched:
    """The same, while the transcripts are still sealed."""

    size: int
    having: dict[str, int]
    shared: list[Passage]
    """From the material and the bank: what the counts know of."""
    own: list[Passage]
    open_items: list[OpenItem]
    subjects: list[str]
    goals: list[OwnGoal]
    disproved: list[Disproved]
    sessions: list[tuple[UUID, str, str | None, str | None, str | None]]
    """Id, title, subject, stored text and address of the latest sessions with a transcript."""


_words = bindparam("words", type_=ARRAY(Text()))
_limit = bindparam("most", type_=Integer())
_count = Compiled(
    "count_study_words",
    select(column("word", Text()), column("found", Integer())).select_from(func.count_study_words(_words)),
)
_passages = Compiled(
    "search_study_passages",
    select(
        *(column(name) for name in ("material_id", "passage_position", "title", "passage_text", "subject_name"))
    ).select_from(func.search_study_passages(_words, _limit)),
)
_items = Compiled(
    "search_practice_bank",
    select(
        *(
            column(name)
            for name in ("item_id", "question_text", "answer_text", "explanation", "subject_name", "is_open")
        )
    ).select_from(func.search_practice_bank(_words, bindparam("student_id", type_=Uuid()), _limit)),
)
_summaries = Compiled(
    "summaries_to_answer_from",
    select(
        summaries.c.id,
        sessions.c.session_date,
        subjects.c.name,
        summaries.c.narrative,
        summaries.c.next_steps,
        summaries.c.overridden,
    )
    .join_from(summaries, sessions, summaries.c.session_id == sessions.c.id)
    .outerjoin(subjects, sessions.c.subject_id == subjects.c.id)
    .where(summaries.c.student_id == bindparam("student_id", type_=Uuid()))
    .order_by(summaries.c.created_at.desc(), summaries.c.id.desc())
    .limit(SUMMARIES),
)
_goals = Compiled(
    "goals_to_answer_from",
    select(
        goals.c.id,
        goals.c.title,
        goals.c.status,
        goals.c.completion_percentage,
        goals.c.target_completion_date,
        subjects.c.name,
    )
    .join_from(goals, subjects, goals.c.subject_id == subjects.c.id, isouter=True)
    .where(goals.c.student_id == bindparam("student_id", type_=Uuid()))
    .order_by(goals.c.created_at.desc(), goals.c.id.desc())
    .limit(GOALS),
)
_open = Compiled(
    "open_practice_to_leave_alone",
    select(
        case((practice_assignments.c.ai_question_text.is_(None), practice_assignments.c.bank_item_id)),
        func.coalesce(practice_assignments.c.ai_question_text, practice_bank_items.c.question_text),
    )
    .outerjoin(practice_bank_items, practice_assignments.c.bank_item_id == practice_bank_items.c.id)
    .where(
        practice_assignments.c.student_id == bindparam("student_id", type_=Uuid()), ~practice_assignments.c.completed
    )
    .order_by(practice_assignments.c.assigned_at.desc())
    .limit(OPEN),
)
_cited = answer_citations.c
_disproved = Compiled(
    "disproved_quotes",
    select(
        func.coalesce(_cited.material_id, _cited.bank_item_id, _cited.session_id, _cited.summary_id).label("source_id"),
        _cited.quote,
    )
    .join_from(answer_citations, qa_interactions, _cited.question_id == qa_interactions.c.id)
    .where(
        qa_interactions.c.student_id == bindparam("student_id", type_=Uuid()),
        qa_interactions.c.overridden | (qa_interactions.c.companion_right == false()),
        func.num_nonnulls(_cited.material_id, _cited.bank_item_id, _cited.session_id, _cited.summary_id) > 0,
    )
    .limit(DISPROVED),
)
_sessions = Compiled(
    "sessions_to_answer_from",
    select(
        sessions.c.id,
        sessions.c.session_date,
        sessions.c.topics_covered,
        subjects.c.name,
        session_transcripts.c.transcript_text,
        session_transcripts.c.transcript_storage_url,
    )
    .join_from(sessions, session_transcripts, sessions.c.id == session_transcripts.c.session_id)
    .outerjoin(subjects, sessions.c.subject_id == subjects.c.id)
    .where(sessions.c.student_id == bindparam("student_id", type_=Uuid()), sessions.c.transcript_available)
    .order_by(sessions.c.session_date.desc(), sessions.c.id.desc())
    .limit(SESSIONS),
)
_subjects = Compiled("names_of_subjects", select(subjects.c.name).order_by(subjects.c.name).limit(1_000))


async def search(read: Transaction, student_id: UUID, asked: Asked) -> Searched:
    """All that has a word of the question, and what is the student's own, as the viewer may see it."""
    words = list(dict.fromkeys(word.text for word in asked.words if not word.is_stopword))[:WORDS]
    counted: dict[str, int] = dict(await read.run(_count, {"words": ["", *words]}))
    size = counted.pop("", 0)
    rare = {"words": rarest(words, counted)}
    shared = [
        Passage(SourceKind.MATERIAL, material_id, title, tuple(sentences(text)), subject, position)
        for material_id, position, title, text, subject in await read.run(_passages, rare | {"most": PASSAGES})
    ]
    open_items: list[OpenItem] = []
    for item_id, question, answer, explanation, subject, is_open in await read.run(
        _items, rare | {"student_id": student_id, "most": ITEMS}
    ):
        if is_open:
            open_items.append(OpenItem(item_id, question))
        else:
            shared += _item_passage(item_id, question, answer, explanation, subject)
    own = [
        *(p for row in await read.run(_summaries, {"student_id": student_id}) for p in _summary_passages(*row)),
    ]
    known = {item.item_id for item in open_items}
    open_items += [
        OpenItem(item_id, question)
        for item_id, question in await read.run(_open, {"student_id": student_id})
        if item_id is None or item_id not in known
    ]
    return Searched(
        size=size,
        having=counted,
        shared=shared,
        own=own,
        open_items=open_items,
        disproved=[Disproved(*row) for row in await read.run(_disproved, {"student_id": student_id})],
        goals=[OwnGoal(*row) for row in await read.run(_goals, {"student_id": student_id})],
        subjects=[name for (name,) in await read.run(_subjects, {})],
        sessions=[
            (session_id, _session_title(held, topics), subject, text, url)
            for session_id, held, topics, subject, text, url in await read.run(_sessions, {"student_id": student_id})
        ],
    )


async def unsealed(vault: Vault, asked: Asked, searched: Searched) -> Findings:
    """With what was said in the sessions; one that cannot be read is left out. Call it with no transaction open."""
    stored = [(session_id, text, url) for session_id, _, _, text, url in searched.sessions]
    found = await opened(vault, stored)
    # In a thread: of a dozen long sessions it takes seconds, and others are served meanwhile.
    return await asyncio.to_thread(_read, asked, searched, found)


def _read(asked: Asked, searched: Searched, found: Mapping[UUID, object]) -> Findings:
    said: list[Passage] = []
    for session_id, title, subject, _, _ in searched.sessions:
        value = found.get(session_id)
        if isinstance(value, SessionTranscript):
            turns = said_in(value.transcript)
            said += passages_of(SourceKind.SESSION, session_id, title, turns, subject)
    own = without([*searched.own, *said], searched.disproved)
    corpus = Corpus.of(asked, searched.size, searched.having, own)
    shared = without(searched.shared, searched.disproved)
    return Findings([*shared, *own], corpus, searched.open_items, searched.subjects, searched.goals)


def rarest(words: Sequence[str], counted: dict[str, int]) -> list[str]:
    """The words that few passages have, all that occur at all if those are few."""
    chosen: list[str] = []
    reach = 0
    for word in sorted((word for word in words if counted.get(word)), key=lambda word: counted[word]):
        if chosen and reach >= ENOUGH:
            break
        chosen.append(word)
        reach += counted[word]
    return chosen


def _item_passage(item_id: UUID, question: str, answer: str, explanation: str | None, subject: str) -> list[Passage]:
    solution = [sentence(f"{question} Answer: {answer}"), *sentences(explanation or "")]
    return [Passage(SourceKind.BANK_ITEM, item_id, _short(question), tuple(solution), subject)]


def _summary_passages(
    summary_id: UUID,
    held: datetime,
    subject: str | None,
    narrative: str,
    next_steps: Iterable[str],
    overridden: bool,
) -> list[Passage]:
    text = "\n".join([narrative, *next_steps])
    # A tutor's own words stand as they are.
    told = sentences(text) if overridden else told_in(text)
    return passages_of(SourceKind.SUMMARY, summary_id, f"Summary of the session of {_day(held)}", told, subject)


def _session_title(held: datetime, topics: Sequence[str] | None) -> str:
    about = f": {', '.join(topics)}" if topics else ""
    return _short(f"Session of {_day(held)}{about}")


def _day(moment: date) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE else f"{line[: TITLE - 1]}\u2026"
