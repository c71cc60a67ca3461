"""A session and its transcript as a client sees them."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import sessions as sessions_db
from db.subjects import subjects_by_id
from db.summaries import summaries_by_session
from db.transcripts import transcripts_by_session
from db.users import users_by_id
from domain import sessions, transcripts
from schema.enums import describe_enum
from schema.fields import edge
from schema.ids import optional_row_id
from schema.inputs import moment
from schema.types.node import Node

if TYPE_CHECKING:
    from schema.types.subject import Subject
    from schema.types.summary import Summary
    from schema.types.user import Student, Tutor

describe_enum(
    transcripts.Speaker,
    "Who says a turn.",
    TUTOR="The tutor.",
    STUDENT="The student.",
)


@strawberry.enum(description="The order of a list of sessions.")
class SessionOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(sessions_db.NEWEST, description="Latest held first.")
    OLDEST = strawberry.enum_value(sessions_db.OLDEST, description="Earliest held first.")


@strawberry.input(description="Which sessions to list.")
class SessionWhere:
    """Fields left out do not narrow."""

    subject_id: strawberry.ID | None = strawberry.field(default=None, description="Only sessions in this subject.")
    date_from: dt.datetime | None = strawberry.field(
        default=None, description="Only sessions held at this time or later; with a zone."
    )
    date_to: dt.datetime | None = strawberry.field(
        default=None, description="Only sessions held before this time; with a zone."
    )

    def filter(self) -> sessions.SessionFilter:
        """As the database layer takes it."""
        return sessions.SessionFilter(
            subject_id=optional_row_id(self.subject_id, "Subject"),
            date_from=moment(self.date_from),
            date_to=moment(self.date_to),
        )


@strawberry.type(description="What one of them says before the other does.")
class TranscriptTurn:
    """A view of domain.transcripts.Turn."""

    speaker: transcripts.Speaker = strawberry.field(description="Who says it.")
    text: str = strawberry.field(description="What is said; never empty.")


@strawberry.type(description="What was said in a session. An administrator's reading of it is recorded.")
class Transcript:
    """A view of domain.sessions.SessionTranscript."""

    turns: list[TranscriptTurn] = strawberry.field(description="Turn by turn, in the order they were said; 1 to 5,000.")
    word_count: int = strawberry.field(description="How many words were said.")

    session: Session = edge(sessions_db.sessions_by_id, key="session_id", description="The session it is of.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """Whether a value that an edge returned is of this type."""
        return isinstance(value, sessions.SessionTranscript)


@strawberry.type(description="A tutoring session that was held.")
class Session(Node):
    """A view of domain.sessions.Session."""

    record = sessions.Session
    by_id = sessions_db.sessions_by_id

    session_date: dt.datetime = strawberry.field(name="startedAt", description="When it began.")
    duration_minutes: int | None = strawberry.field(description="How long it lasted; null when not known.")
    topics_covered: list[str] = strawberry.field(description="What was worked on, in the tutor's words.")
    transcript_available: bool = strawberry.field(
        description="Whether there is a transcript, be it the viewer's to read or not."
    )
    source: str | None = strawberry.field(
        description="The collection it was imported from; null for a session recorded here."
    )
    licence: str | None = strawberry.field(description="The licence it came with; null for a session recorded here.")
    created_at: dt.datetime = strawberry.field(description="When it was recorded.")
    updated_at: dt.datetime = strawberry.field(description="When anything in it last changed.")

    student: Annotated[Student, strawberry.lazy("schema.types.user")] = edge(
        users_by_id, key="student_id", description="Who was taught."
    )
    tutor: Annotated[Tutor, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="tutor_id",
        description="Who taught; null once that person is erased or out of sight.",
    )
    subject: Annotated[Subject, strawberry.lazy("schema.types.subject")] | None = edge(
        subjects_by_id, key="subject_id", description="The subject it was in; null when not stated."
    )
    summaries: list[Annotated[Summary, strawberry.lazy("schema.types.summary")]] = edge(
        summaries_by_session,
        key="id",
        description="What was done and what comes next, newest first; seldom more than one, so a plain list, where "
        "`Student.summaries` is a connection. Empty until the first is written, moments after the recording.",
    )
    transcript: Transcript | None = edge(
        transcripts_by_session,
        key="id",
        description="What was said: for the student, their tutors and administrators. Null when there is none, and "
        "for parents. An error of this field alone when it cannot be fetched or decrypted just now.",
    )
    notes: str | None = edge(
        sessions_db.notes_by_session,
        key="id",
        description="The tutor's private notes: for the tutor who held the session and administrators; null for "
        "anyone else, and when there are none.",
    )
