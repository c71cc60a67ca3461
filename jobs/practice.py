"""Writing practice where the bank has too little: one question after the other, each checked before it is kept."""

import logging
from datetime import timedelta
from uuid import UUID

from psycopg.errors import ForeignKeyViolation

from db.generations import ask, mark
from db.written_practice import keep_written, practice_to_write
from domain.algebra.process import Algebra
from domain.companion.model import ModelFailed, ModelUnavailable
from domain.companion.practice import WrittenItem, fault, item_prompt
from domain.generations import GenerationKind, Outcome
from domain.jobs import TryLater
from jobs.tools import Tools

log = logging.getLogger("study.practice")

FAULTS = 3
"""How many questions that do not stand the checks end the work."""


async def write_practice(tools: Tools, student_id: UUID, subject_id: UUID, until: int) -> None:
    """Write questions for a student in a subject until the companion has written `until` of them, ever.

    Without a model nothing is written. Raises TryLater when the model does not answer.
    """
    faults = 0
    async with Algebra() as algebra:
        while tools.model is not None and faults < FAULTS:
            async with tools.database.system_work() as work:
                found = await practice_to_write(work, student_id, subject_id)
            if found is None or found.written >= until:
                return
            try:
                asked = await ask(
                    tools.database,
                    tools.model,
                    item_prompt(found.facts),
                    WrittenItem,
                    kind=GenerationKind.PRACTICE_ITEM,
                    student_id=student_id,
                )
            except ModelUnavailable as unavailable:
                raise TryLater(
                    f"The model: {unavailable}.", timedelta(seconds=unavailable.retry_after)
                ) from unavailable
            except ForeignKeyViolation:
                # The student has been erased.
                return
            except ModelFailed as failed:
                log.warning("no practice was written: %s", failed)
                return
            reason = await fault(asked.value, found.facts, algebra)
            async with tools.database.system_work() as work:
                if reason is not None:
                    faults += 1
                    await mark(work, asked.generation_id, Outcome.UNSUPPORTED, reason)
                else:
                    level = found.facts.difficulty
                    await keep_written(work, student_id, subject_id, until, level, asked.value, asked.generation_id)
