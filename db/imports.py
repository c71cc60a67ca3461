"""Importing files of sessions and practice items: in batches, each a transaction of its own, by COPY.

A record is known by its `external_id`: a file that is read again adds nothing, one that was broken off goes on.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from sqlalchemy import String, Table, any_, bindparam, column, func, make_url, select, table, text
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert

from db.engine import Database, Work
from db.jobs import defer
from db.statement import Compiled, Row
from db.study_material import add_passages, passage_rows
from db.tables import practice_bank_items, sessions, study_materials, subjects, tutor_student_assignments, users
from db.transcripts import Objects
from domain.assignments import AssignmentStatus
from domain.errors import Refused
from domain.imports import (
    Line,
    MaterialRecord,
    PracticeRecord,
    R,
    TranscriptRecord,
    material_record,
    practice_record,
    read_records,
    transcript_record,
)
from domain.jobs import JobKind
from domain.viewer import Role

BATCH_RECORDS = 1_000
BATCH_BYTES = 8_000_000
DAYS = 3_650
"""Imported sessions lie a day apart, counted back from the import; after so many the count begins anew."""
PUTS = 8
"""Objects that are sent to the transcript store at once."""

_DIALECT = make_url("postgresql+psycopg://").get_dialect()()


class ImportRefused(Exception):
    """Nothing can be imported this way; the text is one sentence for the person who asked."""


@dataclass(slots=True)
class Imported:
    """What became of a file."""

    added: int = 0
    present: int = 0
    """Records that an earlier import has brought."""
    refused: int = 0
    turns: int = 0
    """Of the sessions added."""


Watch = Callable[[Line[Any]], None]
"""Hears of each line when it has been read, the refused ones too."""


@dataclass(frozen=True, slots=True)
class People:
    """Whose sessions a file's are to be."""

    students: tuple[UUID, ...]
    tutor: UUID
    unassigned: tuple[str, ...]
    """Addresses of those students whom the tutor is not assigned to, and whose sessions the tutor will not see."""


class _Target:
    """A table that files go into, by way of a temporary one, since COPY does not work under row security."""

    def __init__(self, into: Table, columns: Sequence[str]) -> None:
        typed = ", ".join(f"{name} {into.c[name].type.compile(dialect=_DIALECT)}" for name in columns)
        staged = table("staged", *(column(name, into.c[name].type) for name in columns))
        self.name = into.name
        self.place = f"staged ({', '.join(columns)})"
        self.stage = Compiled(f"stage_{into.name}", text(f"create temporary table staged ({typed}) on commit drop"))
        self.insert = Compiled(
            f"import_{into.name}",
            insert(into)
            # In one order, so that two imports of the same records at once do not wait for each other.
            .from_select(list(columns), select(staged).order_by(staged.c.external_id))
            .on_conflict_do_nothing(index_elements=["external_id"])
            .returning(into.c.id),
        )
        self.present = Compiled(
            f"present_{into.name}",
            select(into.c.external_id).where(into.c.external_id == any_(bindparam("ids", type_=ARRAY(String())))),
        )

    async def absent(self, work: Work, records: Sequence[R]) -> list[R]:
        """The records that are not in the table."""
        rows = await work.run(self.present, {"ids": [record.external_id for record in records]})
        there = {external_id for (external_id,) in rows}
        return [record for record in records if record.external_id not in there]

    async def add(self, work: Work, rows: Iterable[Row]) -> set[UUID]:
        """The ids of the rows that went in; another import may just have brought the others."""
        await work.run(self.stage, {})
        await work.copy(f"copy_{self.name}", self.place, rows)
        return {row_id for (row_id,) in await work.run(self.insert, {})}


_SESSIONS = _Target(
    sessions,
    [
        "id",
        "student_id",
        "tutor_id",
        "session_date",
        "subject_id",
        "transcript_text",
        "transcript_storage_url",
        "topics_covered",
        "external_id",
        "source",
        "licence",
    ],
)
_ITEMS = _Target(
    practice_bank_items,
    [
        "id",
        "question_text",
        "answer_text",
        "explanation",
        "choices",
        "answer_type",
        "subject_id",
        "difficulty_level",
        "goal_tags",
        "topic_tags",
        "external_id",
        "source",
        "licence",
    ],
)

_MATERIALS = _Target(study_materials, ["id", "title", "subject_id", "text", "external_id", "source", "licence"])


async def import_transcripts(
    database: Database, file: BinaryIO, people: People, now: datetime, watch: Watch = lambda line: None
) -> Imported:
    """Sessions with their transcripts: given to the students in turn, one a day, back from `now`.

    Raises Refused (UNAVAILABLE) when the transcript store does not answer; batches before that are kept.
    """
    done = Imported()
    catalogue = _Catalogue()
    position = 0
    for batch in _batches(read_records(file, transcript_record), done, watch):
        places = {record.external_id: position + index for index, record in enumerate(batch)}
        position += len(batch)
        async with database.system_work() as work:
            absent = await _SESSIONS.absent(work, batch)
        new = {uuid4(): record for record in absent}
        async with Objects(database.vault) as objects:
            kept = await _keep(objects, new)
            async with database.system_work() as work:
                objects.follow(work)
                subject_ids = await catalogue.ids(work, [record.subject for record in absent])
                added = await _SESSIONS.add(
                    work,
                    (
                        (
                            session_id,
                            people.students[places[record.external_id] % len(people.students)],
                            people.tutor,
                            now - timedelta(days=places[record.external_id] % DAYS),
                            subject_ids[record.subject],
                            kept[session_id]["transcript_text"],
                            kept[session_id]["transcript_storage_url"],
                            list(record.topics),
                            record.external_id,
                            record.source,
                            record.licence,
                        )
                        for session_id, record in new.items()
                    ),
                )
                for session_id in added:
                    await defer(work, JobKind.SUMMARISE, behind=True, session_id=session_id, version=0)
                for late in new.keys() - added:
                    objects.replace(late, kept[late]["transcript_storage_url"])
        done.added += len(added)
        done.present += len(batch) - len(added)
        done.turns += sum(len(new[session_id].transcript.turns) for session_id in added)
    return done


async def import_practice(database: Database, file: BinaryIO, watch: Watch = lambda line: None) -> Imported:
    """Items for the practice bank."""
    done = Imported()
    catalogue = _Catalogue()
    for batch in _batches(read_records(file, practice_record), done, watch):
        async with database.system_work() as work:
            new = await _ITEMS.absent(work, batch)
            subject_ids = await catalogue.ids(work, [record.subject for record in new])
            added = await _ITEMS.add(work, (_item(record, subject_ids[record.subject]) for record in new))
        done.added += len(added)
        done.present += len(batch) - len(added)
    return done


async def import_material(database: Database, file: BinaryIO, watch: Watch = lambda line: None) -> Imported:
    """Study material, with the passages that are searched."""
    done = Imported()
    catalogue = _Catalogue()
    for batch in _batches(read_records(file, material_record), done, watch):
        async with database.system_work() as work:
            new = {uuid4(): record for record in await _MATERIALS.absent(work, batch)}
            subject_ids = await catalogue.ids(work, [record.subject for record in new.values()])
            added = await _MATERIALS.add(
                work,
                (
                    (key, record.title, subject_ids[record.subject], record.text, *_origin(record))
                    for key, record in new.items()
                ),
            )
            await add_passages(work, [row for key in added for row in passage_rows(key, new[key].title, new[key].text)])
        done.added += len(added)
        done.present += len(batch) - len(added)
    return done


async def find_people(database: Database, student_emails: Sequence[str], tutor_email: str) -> People:
    """The students and the tutor with these addresses. Raises ImportRefused when there is no such person."""
    async with database.system_work() as work:
        students = [await _person(work, email, Role.STUDENT) for email in student_emails]
        tutor = await _person(work, tutor_email, Role.TUTOR)
        taught = select(tutor_student_assignments.c.student_id).where(
            tutor_student_assignments.c.tutor_id == tutor,
            tutor_student_assignments.c.status == AssignmentStatus.ACTIVE.value,
        )
        assigned = {student_id for (student_id,) in await work.execute("students_of_tutor", taught)}
    unassigned = [email for email, student in zip(student_emails, students, strict=True) if student not in assigned]
    return People(tuple(students), tutor, tuple(unassigned))


async def _person(work: Work, email: str, role: Role) -> UUID:
    found = await work.execute(
        f"{role}_by_email", select(users.c.id).where(users.c.email == email.lower(), users.c.role == role.value)
    )
    if not found:
        raise ImportRefused(f"There is no {role} with the address {email}: name another with --{role}.")
    person_id: UUID = found[0][0]
    return person_id


def _batches(lines: Iterable[Line[R]], done: Imported, watch: Watch) -> Iterator[list[R]]:
    """The good records, so many at a time; `done` counts the refused."""
    batch: list[R] = []
    size = 0
    for line in lines:
        watch(line)
        if line.record is None:
            done.refused += 1
            continue
        batch.append(line.record)
        size += line.size
        if len(batch) >= BATCH_RECORDS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


async def _keep(objects: Objects, new: Mapping[UUID, TranscriptRecord]) -> dict[UUID, dict[str, Any]]:
    """The columns of each session that hold its transcript, or say where it is."""
    turn = asyncio.Semaphore(PUTS)

    async def keep(session_id: UUID, record: TranscriptRecord) -> dict[str, Any]:
        async with turn:
            return await objects.keep(session_id, record.transcript)

    refusals: list[Exception] = []
    try:
        async with asyncio.TaskGroup() as group:
            kept = {session_id: group.create_task(keep(session_id, record)) for session_id, record in new.items()}
    except* Refused as refused:
        refusals.extend(refused.exceptions)
    if refusals:
        # Not raised above: some versions of Python put what leaves an `except*` into a group again.
        raise refusals[0]
    return {session_id: task.result() for session_id, task in kept.items()}


def _origin(record: MaterialRecord) -> Row:
    return (record.external_id, record.source, record.licence)


def _item(record: PracticeRecord, subject_id: UUID) -> Row:
    """In the order of _ITEMS."""
    return (
        uuid4(),
        record.question,
        record.answer,
        record.explanation,
        list(record.choices) or None,
        record.answer_type.value,
        subject_id,
        record.difficulty,
        list(record.goals),
        list(record.topics),
        record.external_id,
        record.source,
        record.licence,
    )


@dataclass(slots=True)
class _Catalogue:
    """Subjects by name, whatever its case; those that a file needs and nobody has made are added."""

    known: dict[str, UUID] = field(default_factory=dict)

    async def ids(self, work: Work, names: Iterable[str]) -> dict[str, UUID]:
        """The subject of each name."""
        wanted = list(dict.fromkeys(names))
        missing = [name for name in wanted if name not in self.known]
        found = self.known | await _subjects(work, missing)
        if absent := [name for name in missing if name not in found]:
            # Where somebody else adds the subject just now, this waits for them and takes theirs.
            await work.run(_ADD_SUBJECTS, {"names": absent})
            found |= await _subjects(work, absent)
        self.known = found
        return {name: found[name] for name in wanted}


_NAMES = (
    func.unnest(bindparam("names", type_=ARRAY(String())))
    .table_valued(column("name", String()), name="wanted")
    .render_derived()
)
_SUBJECTS = Compiled(
    "subjects_of_import",
    select(_NAMES.c.name, subjects.c.id).select_from(
        _NAMES.join(subjects, func.lower(subjects.c.name) == func.lower(_NAMES.c.name))
    ),
)
_ADD_SUBJECTS = Compiled(
    "add_subjects",
    # In the order of their names, so that two imports at once do not wait for each other.
    insert(subjects)
    .from_select(
        ["name"],
        select(_NAMES.c.name).ext(distinct_on(func.lower(_NAMES.c.name))).order_by(func.lower(_NAMES.c.name)),
    )
    .on_conflict_do_nothing(index_elements=[func.lower(subjects.c.name)]),
)


async def _subjects(work: Work, names: Sequence[str]) -> dict[str, UUID]:
    return dict(await work.run(_SUBJECTS, {"names": list(names)})) if names else {}
