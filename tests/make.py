"""Rows for tests, made with explicit values by the database's owner, around every rule of the API."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb

from db.encryption import KeyRing, context_of
from db.transcripts import sealed
from db.vault import Vault
from domain import transcripts
from domain.identity.local_issuer import LocalIssuer
from schema.ids import to_global

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who can sign in."""

    id: UUID
    role: str
    email: str
    token: str

    @property
    def gid(self) -> str:
        """The global id."""
        return to_global(self.role.title(), self.id)


class Make:
    """Makes one row at a time and gives its id."""

    def __init__(self, owner: AsyncConnection[Any], issuer: LocalIssuer, keys: KeyRing | None = None) -> None:
        self.owner = owner
        self._keys = keys
        self._issuer = issuer
        self._lock = asyncio.Lock()

    async def row(self, table: str, **values: Any) -> UUID:
        """A row of any table; dicts become JSONB."""
        values = {"id": uuid4(), **values}
        statement = sql.SQL("insert into {} ({}) values ({}) returning id").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(sql.Placeholder() * len(values)),
        )
        stored = [Jsonb(value) if isinstance(value, Mapping) else value for value in values.values()]
        async with self._lock:
            cursor = await self.owner.execute(statement, stored)
            (row_id,) = await cursor.fetchone() or (None,)
        assert isinstance(row_id, UUID)
        return row_id

    async def person(self, role: str, name: str, **values: Any) -> Person:
        """A user with an address made from the name, and a token."""
        email, subject = f"{name}@school.test", f"sub-{name}"
        user_id = await self.row(
            "users", role=role, email=email, cognito_sub=subject, display_name=name.title(), **values
        )
        return Person(user_id, role, email, self._issuer.issue(subject))

    async def student(self, name: str = "sam", **values: Any) -> Person:
        """A student."""
        return await self.person("student", name, **values)

    async def tutor(self, name: str = "tess", *, of: Person | None = None, **values: Any) -> Person:
        """A tutor, actively assigned to the student `of`, if given."""
        tutor = await self.person("tutor", name, **values)
        if of is not None:
            await self.assignment(tutor, of)
        return tutor

    async def parent(self, name: str = "pat", *, of: Person | None = None, **values: Any) -> Person:
        """A parent, linked to the student `of`, if given."""
        parent = await self.person("parent", name, **values)
        if of is not None:
            await self.link(parent, of)
        return parent

    async def admin(self, name: str = "ada", **values: Any) -> Person:
        """An administrator."""
        return await self.person("admin", name, **values)

    async def assignment(self, tutor: Person, student: Person, **values: Any) -> UUID:
        """A tutor's assignment, active unless said otherwise."""
        return await self.row("tutor_student_assignments", tutor_id=tutor.id, student_id=student.id, **values)

    async def link(self, parent: Person, student: Person, **values: Any) -> UUID:
        """A parent's link, active unless said otherwise."""
        return await self.row("parent_student_links", parent_id=parent.id, student_id=student.id, **values)

    async def subject(self, name: str = "Algebra", **values: Any) -> UUID:
        """A subject."""
        return await self.row("subjects", name=name, **values)

    async def goal(self, student: Person, title: str = "Pass the exam", **values: Any) -> UUID:
        """A goal."""
        return await self.row("goals", student_id=student.id, title=title, **values)

    async def session(
        self,
        student: Person,
        tutor: Person | None = None,
        *,
        transcript: str | None = None,
        notes: str | None = None,
        **values: Any,
    ) -> UUID:
        """A session on MONDAY unless said otherwise, its transcript (`Tutor: ...` lines) and notes encrypted."""
        session_id = uuid4()
        values = {"session_date": MONDAY, "transcript_available": False, **values}
        if transcript is not None:
            values |= sealed(Vault(self.keys, None), session_id, transcripts.parse(transcript))
        if notes is not None:
            values["notes"] = self.keys.encrypt(notes, context_of("sessions", "notes", session_id))
        tutor_id = None if tutor is None else tutor.id
        return await self.row("sessions", id=session_id, student_id=student.id, tutor_id=tutor_id, **values)

    async def summary(self, session_id: UUID, student: Person, tutor: Person | None = None, **values: Any) -> UUID:
        """A summary of a session."""
        values = {"narrative": "We solved equations.", "next_steps": ["Practise"], **values}
        tutor_id = None if tutor is None else tutor.id
        return await self.row("summaries", session_id=session_id, student_id=student.id, tutor_id=tutor_id, **values)

    async def practice_item(
        self, subject_id: UUID, question: str = "2 + 2 = ?", answer: str = "4", **values: Any
    ) -> UUID:
        """An item of the practice bank, of difficulty 5 unless said otherwise."""
        values = {"difficulty_level": 5, **values}
        return await self.row(
            "practice_bank_items", subject_id=subject_id, question_text=question, answer_text=answer, **values
        )

    async def practice(self, student: Person, item_id: UUID, **values: Any) -> UUID:
        """An item of the bank, assigned: in the item's subject and difficulty unless said otherwise."""
        cursor = await self.owner.execute(
            "select subject_id, difficulty_level from practice_bank_items where id = %s", [item_id]
        )
        subject_id, difficulty = await cursor.fetchone() or (None, None)
        values = {"subject_id": subject_id, "difficulty_level": difficulty, **values}
        return await self.row(
            "practice_assignments", student_id=student.id, source="bank", bank_item_id=item_id, **values
        )

    async def written_practice(
        self, student: Person, question: str = "3 + 3 = ?", answer: str = "6", **values: Any
    ) -> UUID:
        """Practice that the companion wrote, waiting for review unless said otherwise."""
        values = {"flagged": True, "ai_question_text": question, "ai_answer_text": answer, **values}
        return await self.row("practice_assignments", student_id=student.id, source="ai_generated", **values)

    async def rating(self, student: Person, subject_id: UUID, rating: int, **values: Any) -> UUID:
        """A student's rating in a subject."""
        return await self.row("student_ratings", student_id=student.id, subject_id=subject_id, rating=rating, **values)

    async def question(self, student: Person, query: str = "Why is 0! = 1?", **values: Any) -> UUID:
        """A question, answered by the companion with low confidence unless said otherwise."""
        values = {"answer": "Because it is.", "confidence": "Low", **values}
        return await self.row("qa_interactions", student_id=student.id, query=query, **values)

    async def nudge(self, person: Person, message: str = "We miss you", **values: Any) -> UUID:
        """A nudge, unopened."""
        values = {"type": "inactivity", "channel": "in_app", **values}
        return await self.row("nudges", user_id=person.id, message=message, **values)

    async def override(self, tutor: Person, student: Person, **values: Any) -> UUID:
        """An override; `values` name its target. What the target itself says is the caller's."""
        kinds = {"summary_id": "summary", "practice_assignment_id": "practice", "qa_interaction_id": "qa_answer"}
        (kind,) = (kinds[name] for name in values if name in kinds)
        values = {
            "override_type": kind,
            "action": "changed it",
            "original_content": {},
            "new_content": {},
            "target_version": 2,
            **values,
        }
        return await self.row("overrides", tutor_id=tutor.id, student_id=student.id, **values)

    @property
    def keys(self) -> KeyRing:
        """The application's keys."""
        assert self._keys is not None, "this builder was made without keys"
        return self._keys
