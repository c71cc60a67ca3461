"""A summary as a client sees it."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import overrides as overrides_db
from db import summaries as summaries_db
from db.generations import generations_by_id
from db.sessions import sessions_by_id
from db.summary_claims import claims_by_summary, turns_by_reference
from db.users import users_by_id
from domain import summaries
from schema.enums import describe_enum
from schema.fields import connection, edge
from schema.inputs import moment
from schema.types.connection import Connection
from schema.types.generation import Generation
from schema.types.node import Node
from schema.types.override import Override, OverrideOrder, OverrideWhere

if TYPE_CHECKING:
    from schema.types.session import Session, TranscriptTurn
    from schema.types.user import Student, Tutor

describe_enum(
    summaries.SummaryType,
    "How much a summary had to go on.",
    NORMAL="A whole transcript.",
    BRIEF="A short session or a short transcript.",
    MISSING_TRANSCRIPT="No transcript: only what the tutor entered.",
)


describe_enum(
    summaries.ClaimPart,
    "Where in a summary a claim stands.",
    NARRATIVE="It is a sentence of the narrative.",
    NEXT_STEP="It is a next step.",
)
describe_enum(
    summaries.ClaimStatus,
    "Whether the turns of a claim bear it out.",
    SUPPORTED="They do: its numbers, names, quotations and most of its words stand there.",
    UNSUPPORTED="They do not, so it is not in the summary.",
)


@strawberry.enum(description="The order of a list of summaries.")
class SummaryOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(summaries_db.NEWEST, description="Latest written first.")
    OLDEST = strawberry.enum_value(summaries_db.OLDEST, description="Earliest written first.")


@strawberry.input(description="Which summaries to list.")
class SummaryWhere:
    """Fields left out do not narrow."""

    summary_type: summaries.SummaryType | None = strawberry.field(
        name="basis", default=None, description="Only summaries that had this much to go on."
    )
    overridden: bool | None = strawberry.field(
        default=None, description="Only those whose text is a tutor's override, or only those where it is not."
    )
    date_from: dt.datetime | None = strawberry.field(
        default=None, description="Only summaries written at this time or later; with a zone."
    )
    date_to: dt.datetime | None = strawberry.field(
        default=None, description="Only summaries written before this time; with a zone."
    )

    def filter(self) -> summaries.SummaryFilter:
        """As the database layer takes it."""
        return summaries.SummaryFilter(
            summary_type=self.summary_type,
            overridden=self.overridden,
            date_from=moment(self.date_from),
            date_to=moment(self.date_to),
        )


@strawberry.type(description="A sentence of a summary, or a next step, and what it rests on.")
class SummaryClaim:
    """A view of domain.summaries.SummaryClaim."""

    position: int = strawberry.field(description="Its place among the claims, from 1.")
    part: summaries.ClaimPart = strawberry.field(description="Where in the summary it stands.")
    text: str = strawberry.field(description="What it says.")
    status: summaries.ClaimStatus = strawberry.field(
        description="Whether its turns bear it out; students and parents see only claims that stand."
    )
    turn_numbers: list[int] = strawberry.field(
        description="The turns that it rests on, by their place in the transcript, from 1."
    )

    turns: list[Annotated[TranscriptTurn, strawberry.lazy("schema.types.session")]] | None = edge(
        turns_by_reference,
        key="reference",
        description="Those turns: for whoever may read the transcript. Null for parents, and when there is no "
        "transcript any more. An error of this field alone when it cannot be fetched or decrypted just now.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """Whether a value that an edge returned is of this type."""
        return isinstance(value, summaries.SummaryClaim)


@strawberry.type(description="What was done in a session and what comes next.")
class Summary(Node):
    """A view of domain.summaries.Summary."""

    record = summaries.Summary
    by_id = summaries_db.summaries_by_id

    narrative: str = strawberry.field(
        description="What was done. The embedded engine's takes over single sentences of the transcript."
    )
    next_steps: list[str] = strawberry.field(description="What comes next, most important first.")
    subjects_covered: list[str] = strawberry.field(description="Names of the subjects that came up.")
    summary_type: summaries.SummaryType | None = strawberry.field(
        name="basis", description="How much it had to go on; null when not stated."
    )
    overridden: bool = strawberry.field(description="Whether the text is a tutor's override.")
    version: int = strawberry.field(
        description="Counts changes of the text, from 1; an override names the version it is of."
    )
    created_at: dt.datetime = strawberry.field(description="When it was written.")
    updated_at: dt.datetime = strawberry.field(description="When anything in it last changed.")

    session: Annotated[Session, strawberry.lazy("schema.types.session")] = edge(
        sessions_by_id, key="session_id", description="The session it is of."
    )
    student: Annotated[Student, strawberry.lazy("schema.types.user")] = edge(
        users_by_id, key="student_id", description="Who was taught."
    )
    tutor: Annotated[Tutor, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="tutor_id",
        description="Who taught; null once that person is erased or out of sight.",
    )
    claims: list[SummaryClaim] = edge(
        claims_by_summary,
        key="id",
        description="What the narrative says after its opening, which is from the session's record, and the next "
        "steps, each with the turns it rests on. Empty for a summary that a person wrote, and while a tutor's override "
        "is in force.",
    )
    generation: Generation | None = edge(
        generations_by_id,
        key="generation_id",
        description="What wrote the companion's text; null for a summary that a person wrote.",
    )
    active_override: Override | None = edge(
        overrides_db.overrides_by_id,
        key="override_id",
        description="The override of the text that is in force; null when none is.",
    )
    overrides: Connection[Override] = connection(
        overrides_db.overrides_by_summary,
        overrides_db.count_overrides_by_summary,
        key="id",
        order=OverrideOrder.NEWEST,
        where=OverrideWhere,
        description="All overrides of the text, reverted ones too.",
    )
