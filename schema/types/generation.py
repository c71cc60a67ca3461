"""What wrote something, as a client sees it."""

from __future__ import annotations

import datetime as dt

import strawberry

from db.generations import details_by_generation
from domain import generations
from schema.enums import describe_enum
from schema.fields import edge

describe_enum(
    generations.Engine,
    "What wrote something.",
    OPENAI="A language model of OpenAI's, or of whoever speaks as it does.",
    EXTRACTIVE="The embedded engine: it takes over what is there, word for word, and makes up nothing.",
)


@strawberry.type(description="What something was written with, and what it took.")
class GenerationDetails:
    """A view of domain.generations.GenerationDetails."""

    model: str | None = strawberry.field(
        description="The model, as its provider names it; null for the embedded engine."
    )
    prompt_version: str | None = strawberry.field(
        description="The instructions it was given, and their version; null for the embedded engine."
    )
    input_tokens: int = strawberry.field(description="Tokens that it read; 0 for the embedded engine.")
    output_tokens: int = strawberry.field(description="Tokens that it wrote; 0 for the embedded engine.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """Whether a value that an edge returned is of this type."""
        return isinstance(value, generations.GenerationDetails)


@strawberry.type(description="What wrote something, and when.")
class Generation:
    """A view of domain.generations.Generation."""

    engine: generations.Engine = strawberry.field(description="What wrote it.")
    created_at: dt.datetime = strawberry.field(description="When that was begun.")

    details: GenerationDetails | None = edge(
        details_by_generation,
        key="id",
        description="What it was written with and what it took: for tutors and administrators, null for anyone else.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """Whether a value that an edge returned is of this type."""
        return isinstance(value, generations.Generation)
