"""How good the embedded engine's answers are: `python -m tests.bench.answers FILE [--practice FILE]`.

Passages and questions come from FILE (tests/bench/questions_file.py says how it is made up); the passages are imported
as study material into a database of their own, and each question goes the way that a student's goes: PostgreSQL's
search, ranking, extraction, calibration. An answer is right when an accepted one stands in it, word for word. Questions
that are out of scope are in out_of_scope.txt and out_of_scope_later.txt. With --practice the bank is filled too, which
makes it harder.

Half of the topics were used for tuning, every other one by name; of any other file all topics are new.
"""

import argparse
import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import psycopg

from db.encryption import KeyRing
from db.engine import Database
from db.imports import import_material, import_practice
from db.retrieval import search, unsealed
from db.vault import Vault
from domain.companion.calibration import SHIPPED, calibration_error, level
from domain.companion.replies import Reply, extracted, grounds_for
from domain.companion.retrieval import Asked
from domain.generations import Engine
from domain.questions import AnswerOutcome, Confidence
from tests.bench.questions_file import Case, best_f1, holds, read
from tests.servers import EMBEDDED, cloned, servers

OUT_OF_SCOPE = {
    "looked at while tuning": Path(__file__).with_name("out_of_scope.txt"),
    "written when all was tuned": Path(__file__).with_name("out_of_scope_later.txt"),
}


@dataclass(frozen=True, slots=True)
class Tried:
    """One question and what became of it."""

    case: Case
    reply: Reply
    first: bool
    """Whether the passage that has the answer was found first."""
    found: bool
    """Whether it was among the first three."""

    @property
    def right(self) -> bool:
        """Whether what the student reads has an accepted answer in it."""
        return holds(self.reply.answer, self.case.answers)

    @property
    def score(self) -> float:
        """The calibrated confidence."""
        assert self.reply.evidence is not None
        return float(SHIPPED[Engine.EXTRACTIVE].score(self.reply.evidence))

    @property
    def level(self) -> Confidence:
        """The same as a word."""
        assert self.reply.evidence is not None
        return level(SHIPPED[Engine.EXTRACTIVE].score(self.reply.evidence))


class Student:
    """Somebody who asks, in a database with nothing but what was imported."""

    def __init__(self, database: Database, row_id: UUID, subject: str, names: dict[UUID, str]) -> None:
        self._database = database
        self._id = row_id
        self._subject = subject
        self._names = names

    async def asks(self, question: str) -> tuple[Reply, list[str]]:
        """What is said, and the ids in the file of the passages it was made from."""
        asked = Asked.read(question)
        async with self._database.read(self._subject) as transaction:
            searched = await search(transaction, self._id, asked)
        grounds = grounds_for(asked, await unsealed(self._database.vault, asked, searched))
        if isinstance(grounds, Reply):
            return grounds, []
        return extracted(grounds), [self._names.get(each.passage.source_id, "") for each in grounds.found]


async def run(url: str, owner_url: str, path: Path, practice: Path | None) -> None:
    """Import, ask, print."""
    file = read(path)
    with TemporaryDirectory() as folder:
        async with Database(url, vault=Vault(KeyRing.from_file(Path(folder) / "key"), None)) as database:
            with path.open("rb") as content:
                print(f"{(await import_material(database, content)).added} texts")
            if practice is not None:
                with practice.open("rb") as content:
                    print(f"{(await import_practice(database, content)).added} items in the bank")
            with psycopg.connect(owner_url, autocommit=True) as owner:
                owner.execute("vacuum analyze")
                student = _student(database, owner)
            tuned = file.topics[::2]
            start = time.perf_counter()
            for title, topics in (("tuned on", tuned), ("held out", [t for t in file.topics if t not in tuned])):
                if topics:
                    report(f"{title}: {', '.join(topics)}", [await _tried(student, case) for case in file.on(topics)])
            print(f"\n{(time.perf_counter() - start) * 1000 / len(file.cases):.0f} ms a question")
            await _out_of_scope(student)


def _student(database: Database, owner: psycopg.Connection) -> Student:
    row_id = uuid4()
    owner.execute(
        "insert into users (id, cognito_sub, email, role) values (%s, 'sub', 's@b.test', 'student')", [row_id]
    )
    names: dict[UUID, str] = dict(owner.execute("select id, external_id from study_materials").fetchall())
    return Student(database, row_id, "sub", names)


async def _tried(student: Student, case: Case) -> Tried:
    reply, sources = await student.asks(case.question)
    return Tried(case, reply, sources[:1] == [case.source], case.source in sources)


def report(title: str, tried: list[Tried]) -> None:
    """The figures of some questions."""
    answered = [each for each in tried if each.reply.outcome is AnswerOutcome.ANSWERED]
    print(f"\n{title}\n  {len(tried)} questions, {len(answered)} answered, others:", end=" ")
    print(dict(Counter(each.reply.outcome.value for each in tried if each not in answered)))
    print(f"  passage found first {_share([each.first for each in tried])}", end=", ")
    print(f"among three {_share([each.found for each in tried])}")
    f1 = [best_f1(each.reply.highlight or each.reply.answer, each.case.answers) for each in answered]
    declined = len(tried) - len(answered)
    print(f"  token F1 of what is highlighted {sum(f1) / len(answered):.3f}", end=", ")
    print(f"with none for what is not answered {sum(f1) / (len(answered) + declined):.3f}")
    print(f"  right {_share([each.right for each in answered])}", end=", ")
    print(f"of all questions {_share([each.right for each in answered] + [False] * declined)}")
    scored = [(each.score, each.right) for each in answered]
    errors = ", ".join(f"{calibration_error(scored, bins):.3f} in {bins}" for bins in (10, 5))
    print(f"  expected calibration error {errors} bins")
    for confidence in Confidence:
        of_it = [each.right for each in answered if each.level is confidence]
        if of_it:
            print(f"  {confidence}: {len(of_it)} answers, {_share(of_it)} right")


async def _out_of_scope(student: Student) -> None:
    for title, path in OUT_OF_SCOPE.items():
        questions = path.read_text(encoding="utf-8").splitlines()
        replies = [(question, (await student.asks(question))[0]) for question in questions]
        declined = [reply.outcome in (AnswerOutcome.OUT_OF_SCOPE, AnswerOutcome.NOT_FOUND) for _, reply in replies]
        print(f"\nout of scope, {title}\n  {len(questions)} questions, declined {_share(declined)}")
        print("  " + str(dict(Counter(reply.outcome.value for _, reply in replies))))
        for question, reply in replies:
            if reply.outcome is AnswerOutcome.ANSWERED:
                print(f"  answered: {question}")


def _share(those: list[bool]) -> str:
    return f"{sum(those) / len(those):.3f}" if those else "-"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--practice", type=Path)
    given = parser.parse_args()
    with servers() as running, cloned(running[EMBEDDED]) as database:
        asyncio.run(run(database.app_url, database.owner_url, given.file, given.practice))


if __name__ == "__main__":
    main()
