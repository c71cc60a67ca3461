"""The one place that speaks to OpenAI: a prompt in, an answer of a known shape out, or an error that says what to do.

Retrying is done here and not by the client, which would sleep as long as the server asks: a wait that is too long for
the caller is the caller's to plan.
"""

import asyncio
import email.utils
import logging
import math
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import openai
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam
from openai.types.shared_params import ResponseFormatJSONSchema
from pydantic import BaseModel, ValidationError

from domain.companion.prompts import Prompt
from domain.generations import Outcome, Usage

ATTEMPTS = 3
LONGEST_WAIT = 20.0
"""Seconds that a retry is waited for here; a server that asks for more is asked again by the queue."""
BACKOFF = 0.5
"""Seconds before the first retry, doubled for each further one, less up to a quarter by chance."""
UNSET_WAIT = 30.0
"""Seconds after which to try again where the server does not say."""
PROBE_PATIENCE = 10.0
"""Seconds that `probe` waits for each model."""
MISCONFIGURED_WAIT = 300.0
"""The same for what a person has to mend: a key, a model's name, a bill."""

_MOST_TOKENS = 1_000_000_000

T = TypeVar("T", bound=BaseModel)

log = logging.getLogger("study.model")


class ModelFailed(Exception):
    """There is no answer to use. The text says why, for the log and the record, and quotes nothing of either side."""

    def __init__(self, outcome: Outcome, message: str, usage: Usage | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.usage = usage
        """What it took all the same."""


class ModelRefused(ModelFailed):
    """The model or its provider will not answer this; asking again is of no use."""


class ModelAnswerUnusable(ModelFailed):
    """An answer came and cannot be used: cut off, empty, of another shape, or the request was not accepted."""


class ModelUnavailable(ModelFailed):
    """No answer came; one may come later."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(Outcome.UNAVAILABLE, message)
        self.retry_after = retry_after
        """Seconds after which to ask again."""


class BudgetSpent(ModelFailed):
    """The tokens of the day are spent, and the model was not asked."""

    def __init__(self) -> None:
        super().__init__(Outcome.UNAVAILABLE, "the tokens of the day are spent; raise OPENAI_TOKENS_PER_DAY")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What the model said, and what it took."""

    value: T
    usage: Usage


@dataclass(slots=True)
class Streamed(Generic[T]):
    """An answer in the making: whoever stops before its end closes `pieces`, which put together are JSON."""

    pieces: AsyncGenerator[str, None]
    end: "_End[T]"

    @property
    def answer(self) -> Answer[T]:
        """The whole, once the pieces have ended. Raises LookupError before."""
        if self.end.value is None:
            raise LookupError("the answer has not ended")
        return Answer(self.end.value, self.end.usage)


@dataclass(slots=True)
class _End(Generic[T]):
    usage: Usage
    value: T | None = None


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Tokens(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Reply(BaseModel):
    """A chat completion, as far as it is read here."""

    model: str | None = None
    choices: list[_Choice] | None = None
    usage: _Tokens | None = None


class _Begun(BaseModel):
    delta: _Message
    finish_reason: str | None = None


class _Chunk(BaseModel):
    """A piece of a streamed one, as far as it is read here: the client hands on whatever comes."""

    model: str | None = None
    choices: list[_Begun] | None = None
    usage: _Tokens | None = None


class Model:
    """The language models of one provider; one object a process."""

    def __init__(
        self,
        *,
        key: str,
        base_url: str,
        model: str,
        small_model: str,
        timeout: float,
        tokens_per_day: int,
        backoff: float = BACKOFF,
    ) -> None:
        """`timeout` is in seconds, for one attempt; `tokens_per_day` is kept to by whoever asks."""
        self.tokens_per_day = tokens_per_day
        self._client = AsyncOpenAI(api_key=key, base_url=base_url, timeout=timeout, max_retries=0)
        self._model = model
        self._small_model = small_model
        self._timeout = timeout
        self._backoff = backoff

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def probe(self) -> tuple[str, ...]:
        """The names of the models, each asked after once; that costs no tokens, and nothing is generated.

        Raises ModelFailed: where the key is not taken, nothing answers, or there is no such model.
        """
        names = tuple(dict.fromkeys((self._model, self._small_model)))
        for name in names:
            try:
                async with asyncio.timeout(min(self._timeout, PROBE_PATIENCE)):
                    await self._client.models.with_raw_response.retrieve(name)
            except openai.NotFoundError as error:
                text = f"there is no model “{name}” there (404): look at the models' names and OPENAI_BASE_URL"
                raise ModelUnavailable(text, MISCONFIGURED_WAIT) from error
            except (openai.OpenAIError, TimeoutError, ValueError) as error:
                raise _failure(error) from error
        return names

    def name_for(self, prompt: Prompt) -> str:
        """The model that a prompt goes to."""
        return self._small_model if prompt.small else self._model

    async def ask(self, prompt: Prompt, shape: type[T]) -> Answer[T]:
        """The answer to a prompt, of this shape.

        Raises ModelRefused, ModelAnswerUnusable and, after ATTEMPTS, ModelUnavailable.
        """
        name, end = self.name_for(prompt), _now() + prompt.patience
        for attempt in range(1, ATTEMPTS + 1):
            try:
                # The client's own timeout is for each read, and a server may send a byte now and then for ever.
                async with asyncio.timeout_at(min(_now() + self._timeout, end)):
                    raw = await self._client.chat.completions.with_raw_response.parse(
                        model=name,
                        messages=_messages(prompt),
                        response_format=shape,
                        max_completion_tokens=prompt.longest,
                        store=False,
                    )
                return _read(raw.text, shape, name)
            except (openai.OpenAIError, TimeoutError) as error:
                await self._wait(_failure(error), attempt, end)
        raise AssertionError("the last attempt returns or raises")

    async def stream(self, prompt: Prompt, shape: type[T]) -> Streamed[T]:
        """The answer to a prompt, of this shape, piece by piece; of a shape that forbids what it does not name.

        Raises like `ask` until the first piece is there; the pieces themselves raise the same when it breaks off, or
        is not of the shape.
        """
        latest = _now() + prompt.patience
        for attempt in range(1, ATTEMPTS + 1):
            end: _End[T] = _End(Usage(self.name_for(prompt)))
            pieces = self._pieces(prompt, shape, end, min(_now() + self._timeout, latest))
            try:
                return Streamed(_chained(await anext(pieces), pieces), end)
            except ModelUnavailable as error:
                await self._wait(error, attempt, latest)
        raise AssertionError("the last attempt returns or raises")

    async def _pieces(self, prompt: Prompt, shape: type[T], end: _End[T], deadline: float) -> AsyncGenerator[str, None]:
        name = self.name_for(prompt)
        said: list[str] = []
        reason = None
        try:
            async with asyncio.timeout_at(deadline):
                chunks = await self._client.chat.completions.create(
                    model=name,
                    messages=_messages(prompt),
                    response_format=_strictly(shape),
                    max_completion_tokens=prompt.longest,
                    store=False,
                    stream=True,
                    stream_options={"include_usage": True},
                )
            async with chunks:
                each = aiter(chunks)
                while True:
                    # For each by itself: whoever takes the pieces may take their time between two.
                    async with asyncio.timeout_at(deadline):
                        came = await anext(each, None)
                    if came is None:
                        break
                    chunk = _read_chunk(came, end.usage)
                    if chunk.usage is not None:
                        end.usage = _usage(chunk.model or name, chunk.usage)
                    for choice in (chunk.choices or [])[:1]:
                        reason = choice.finish_reason or reason
                        if choice.delta.refusal:
                            raise ModelRefused(Outcome.REFUSED, "the model declined to answer", end.usage)
                        if choice.delta.content:
                            said.append(choice.delta.content)
                            yield choice.delta.content
        except (openai.OpenAIError, TimeoutError, ValueError) as error:
            raise _failure(error) from error
        _check_end(reason, end.usage)
        if reason is None:
            raise _Passing("the connection ended before the answer did")
        end.value = _shaped("".join(said), shape, end.usage)

    async def _wait(self, failed: ModelFailed, attempt: int, end: float) -> None:
        """Wait before the next attempt, or raise `failed` when there is none, or none before `end`."""
        if not isinstance(failed, _Passing) or attempt == ATTEMPTS or (failed.wait or 0) > LONGEST_WAIT:
            log.warning("%s", failed)
            raise failed
        pause = self._backoff * 2 ** (attempt - 1) * (1 - random.random() / 4)  # noqa: S311 - no secret
        pause = pause if failed.wait is None else failed.wait
        if _now() + pause >= end:
            log.warning("%s", failed)
            raise failed
        await asyncio.sleep(pause)


class _Passing(ModelUnavailable):
    """What may be over in a moment. `wait` is what the server asked for, in seconds."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message, UNSET_WAIT if wait is None else wait)
        self.wait = wait


def _now() -> float:
    """Seconds by the clock that timeouts go by."""
    return asyncio.get_running_loop().time()


def _messages(prompt: Prompt) -> list[ChatCompletionMessageParam]:
    return [
        {"role": "system", "content": prompt.instructions},
        {"role": "user", "content": prompt.material},
    ]


def _read(text: str, shape: type[T], name: str) -> Answer[T]:
    try:
        reply = _Reply.model_validate_json(text)
    except ValidationError:
        raise ModelAnswerUnusable(Outcome.UNUSABLE, "what came back is no chat completion") from None
    usage = _usage(reply.model or name, reply.usage or _Tokens())
    if not reply.choices:
        raise ModelAnswerUnusable(Outcome.EMPTY, "the answer had no choice in it", usage)
    choice = reply.choices[0]
    if choice.message.refusal:
        raise ModelRefused(Outcome.REFUSED, "the model declined to answer", usage)
    _check_end(choice.finish_reason, usage)
    return Answer(_shaped(choice.message.content or "", shape, usage), usage)


def _read_chunk(came: object, usage: Usage) -> _Chunk:
    try:
        return _Chunk.model_validate(came, from_attributes=True)
    except ValidationError:
        raise ModelAnswerUnusable(Outcome.UNUSABLE, "what came back is no chat completion", usage) from None


def _shaped(content: str, shape: type[T], usage: Usage) -> T:
    if not content.strip():
        raise ModelAnswerUnusable(Outcome.EMPTY, "the answer was empty", usage)
    try:
        return shape.model_validate_json(content)
    except ValidationError as error:
        places = ", ".join(".".join(str(part) for part in each["loc"]) or "the whole" for each in error.errors()[:3])
        raise ModelAnswerUnusable(
            Outcome.UNUSABLE, f"the answer is not of the shape asked for, at {places}"[:500], usage
        ) from None


def _strictly(shape: type[BaseModel]) -> ResponseFormatJSONSchema:
    schema = shape.model_json_schema()
    return {"type": "json_schema", "json_schema": {"name": shape.__name__, "strict": True, "schema": schema}}


def _usage(model: str, tokens: _Tokens) -> Usage:
    """As the server says it, within what can be stored."""
    name = "".join(character for character in model if character.isprintable())[:200]
    asked, answered = (min(max(0, each), _MOST_TOKENS) for each in (tokens.prompt_tokens, tokens.completion_tokens))
    return Usage(name, asked, answered)


def _check_end(reason: str | None, usage: Usage) -> None:
    if reason == "length":
        raise ModelAnswerUnusable(Outcome.CUT_OFF, "the answer was cut off at its longest", usage)
    if reason == "content_filter":
        raise ModelRefused(Outcome.REFUSED, "the provider's filter held the answer back", usage)


def _failure(error: openai.OpenAIError | TimeoutError | ValueError) -> ModelFailed:
    """What an error of the client means. Its own text may quote the key or the request, so none of it is kept."""
    if isinstance(error, TimeoutError | openai.APITimeoutError):
        return _Passing("the model did not answer in time")
    if isinstance(error, openai.APIConnectionError):
        return _Passing("the model cannot be reached")
    if isinstance(error, openai.APIStatusError):
        return _refusal_of(error)
    return _Passing("the connection to the model broke off")


def _refusal_of(error: openai.APIStatusError) -> ModelFailed:
    status = error.status_code
    code = f"{status}{f' {error.code}' if error.code and error.code.isidentifier() else ''}"
    if status == 429 and error.code == "insufficient_quota":
        return ModelUnavailable(f"OpenAI answers {code}: the account has no credit left", MISCONFIGURED_WAIT)
    if status in (408, 409, 429) or status >= 500:
        return _Passing(f"OpenAI answers {code}", _retry_after(error.response.headers))
    if status in (401, 403, 404):
        return ModelUnavailable(
            f"OpenAI answers {code}: look at OPENAI_API_KEY, OPENAI_BASE_URL and the models' names", MISCONFIGURED_WAIT
        )
    return ModelAnswerUnusable(Outcome.REJECTED, f"OpenAI did not accept the request, {code}")


def _retry_after(headers: Any) -> float | None:
    """Seconds, a day's at most, that the server asks to be left alone; None when it does not say, or makes no sense."""
    for header, divisor in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            seconds = float(headers.get(header, "")) / divisor
        except ValueError:
            continue
        return min(seconds, 86_400.0) if math.isfinite(seconds) and seconds >= 0 else None
    try:
        moment = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
    except (TypeError, ValueError):
        return None
    return min(max(0.0, moment.timestamp() - time.time()), 86_400.0)


async def _chained(first: str, rest: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece
