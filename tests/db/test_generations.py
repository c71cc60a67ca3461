"""What the companion writes is on record, and its budget holds whoever asks, and however it ends."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from pydantic import BaseModel

from db.encryption import KeyRing
from db.engine import Database
from db.generations import Written, add_embedded, ask, mark
from db.vault import Vault
from domain.companion.model import BudgetSpent, Model, ModelAnswerUnusable, ModelFailed, ModelRefused, ModelUnavailable
from domain.companion.prompts import Instructions, Prompt
from domain.generations import GenerationKind, Outcome
from tests import openai_server as fake
from tests import servers
from tests.eventually import until
from tests.openai_server import OpenAIServer, completion, openai_server

PROMPT = Instructions("test.v1", "Say yes.").about({}, longest=300)
ROW = "select engine, outcome, model, prompt_version, input_tokens, output_tokens, reserved_tokens, error"


class Shape(BaseModel):
    """An answer."""

    word: str


@pytest.fixture
async def opened(database: servers.Database, tmp_path: Path) -> AsyncIterator[Database]:
    """The application's connections."""
    vault = Vault(KeyRing.from_file(tmp_path / "encryption.key"), None)
    async with Database(database.app_url, vault=vault) as running:
        yield running


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    """OpenAI."""
    async with openai_server() as running:
        running.says(completion({"word": "yes"}))
        yield running


@pytest.fixture
async def model(server: OpenAIServer) -> AsyncIterator[Model]:
    """A model with a small budget."""
    port = Model(
        key=fake.KEY,
        base_url=server.url,
        model="large",
        small_model="little",
        timeout=5,
        tokens_per_day=1000,
        backoff=0.001,
    )
    yield port
    await port.aclose()


def rows(database: servers.Database, what: str = ROW) -> list[Any]:
    """The record, oldest first."""
    with psycopg.connect(database.owner_url) as owner:
        return owner.execute(f"{what} from generations order by created_at").fetchall()


async def asked(database: Database, model: Model, prompt: Prompt = PROMPT) -> Written[Shape]:
    """One question."""
    return await ask(database, model, prompt, Shape, kind=GenerationKind.NUDGE)


async def test_an_answer_is_on_record_with_what_it_took(
    opened: Database, model: Model, database: servers.Database
) -> None:
    written = await asked(opened, model)
    assert written.value.word == "yes"
    assert rows(database) == [("OPENAI", "unused", "model-of-the-day", "test.v1", 100, 20, 0, None)]
    async with opened.system_work() as work:
        await mark(work, written.generation_id, Outcome.USED)
        await add_embedded(work, GenerationKind.NUDGE, None)
    assert [row[:3] for row in rows(database)] == [("OPENAI", "used", "model-of-the-day"), ("EXTRACTIVE", "used", None)]


@pytest.mark.parametrize(
    ("reply", "error", "row"),
    [
        (completion(refusal="no"), ModelRefused, ("refused", 100, 20, "the model declined to answer")),
        (completion("{", finish_reason="length"), ModelAnswerUnusable,
         ("cut_off", 100, 20, "the answer was cut off at its longest")),
        (completion("secret words"), ModelAnswerUnusable,
         ("unusable", 100, 20, "the answer is not of the shape asked for, at the whole")),
        (fake.no_choice(), ModelAnswerUnusable, ("empty", 7, 0, "the answer had no choice in it")),
        (fake.status(400), ModelAnswerUnusable, ("rejected", 0, 0, "OpenAI did not accept the request, 400")),
        (fake.status(503), ModelUnavailable, ("unavailable", 0, 0, "OpenAI answers 503")),
        (completion({"word": "yes"}, tokens=(2**40, -1)), None, ("unused", 1_000_000_000, 0, None)),
    ],
)  # fmt: skip
async def test_a_failure_is_on_record_without_a_word_of_content(
    reply: fake.Reply, error: type[ModelFailed] | None, row: Any, opened: Database, server: OpenAIServer, model: Model,
    database: servers.Database,
) -> None:  # fmt: skip
    server.says(reply)
    if error is None:
        await asked(opened, model)
    else:
        with pytest.raises(error):
            await asked(opened, model)
    ((_, outcome, _, _, asked_tokens, answered, reserved, text),) = rows(database)
    assert (outcome, asked_tokens, answered, text) == row
    assert reserved == 0


async def test_no_transaction_is_open_while_the_model_answers(
    opened: Database, server: OpenAIServer, model: Model, database: servers.Database
) -> None:
    seen: list[Any] = []

    async def look(writer: asyncio.StreamWriter) -> None:
        with psycopg.connect(database.owner_url) as owner:
            seen.extend(
                owner.execute(
                    "select state from pg_stat_activity where application_name = 'study-companion'"
                    " and datname = current_database()"
                ).fetchall()
            )
        await completion({"word": "yes"})(writer)

    server.says(look)
    await asked(opened, model)
    assert set(seen) == {("idle",)}


async def test_many_at_once_do_not_spend_more_than_the_day_has(
    opened: Database, server: OpenAIServer, model: Model, database: servers.Database
) -> None:
    assert 300 < PROMPT.most_tokens < 333
    server.says(completion({"word": "yes"}, tokens=(100, 200)))
    answers = await asyncio.gather(*(asked(opened, model) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(answer, Written) for answer in answers) == 3
    assert sum(isinstance(answer, BudgetSpent) for answer in answers) == 5
    assert len(server.requests) == 3
    with pytest.raises(BudgetSpent, match="OPENAI_TOKENS_PER_DAY"):
        await asked(opened, model)
    assert len(server.requests) == 3
    with psycopg.connect(database.owner_url) as owner:
        refused = (
            "select count(*), sum(reserved_tokens) from generations where outcome = 'unavailable' and error ~ 'spent'"
        )
        assert owner.execute(refused).fetchone() == (6, 0)


async def test_what_broke_off_counts_with_all_it_might_have_cost(
    opened: Database, server: OpenAIServer, model: Model, database: servers.Database
) -> None:
    server.says(fake.hang)
    task = asyncio.create_task(asked(opened, model))
    await until(lambda: bool(server.requests))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    ((_, outcome, _, _, _, _, reserved, _),) = rows(database)
    assert (outcome, reserved) == ("begun", PROMPT.most_tokens)


async def test_yesterday_does_not_count(opened: Database, model: Model, database: servers.Database) -> None:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def spent(at: datetime) -> UUID:
        with psycopg.connect(database.owner_url, autocommit=True) as owner:
            row = owner.execute(
                "insert into generations (kind, engine, outcome, input_tokens, created_at)"
                " values ('nudge', 'OPENAI', 'used', 1000, %s) returning id",
                [at],
            ).fetchone()
        assert row is not None
        found: UUID = row[0]
        return found

    spent(midnight - timedelta(seconds=1))
    await asked(opened, model)
    spent(midnight)
    with pytest.raises(BudgetSpent):
        await asked(opened, model)
