"""What the companion says to a question: an answer with its hint and sources, a question back, or why it has none.

What comes before any answer is the same for both engines: a question that says nothing is asked back, and practice that
the student has yet to do is theirs to do. Then either `extracted` answers from what was found, or a model does
(domain.companion.written_answers).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.companion.answers import Extracted, extract
from domain.companion.calibration import log_odds
from domain.companion.opposites import turned_round
from domain.companion.own_goals import OwnGoal, asks_about_goals, goals_meant
from domain.companion.question_kinds import QuestionKind, Wanted
from domain.companion.retrieval import Asked, Corpus, Findings, Found, OpenItem, Passage, SourceKind, rank
from domain.companion.tasks import formulas, is_same_task
from domain.companion.words import content_stems, listed, placed_words, stem
from domain.questions import AnswerOutcome, Confidence

IN_SCOPE = 0.45
"""The share of a question's words, by weight, that one passage must have; below it it is about other things."""
NAMED = 0.25
"""The same for a question that names something of the passage: a name, a number."""
COVERED = 0.6
"""The share of a question's words, by weight, below which a sentence may well answer another one. Of the questions on
the tuning topics whose own passage was taken away, 30 got an answer that was High without this, and 8 with it."""
NOT_COVERED = 0.9
"""Log-odds that an answer in such a sentence has at most: likely, and not to be relied on."""
SAME_ITEM = 0.75
"""The share of a question's words that an item of the bank must have to be its answer."""
SAME_WORDS = 0.6
"""The share of all words of a question and of practice to do that they have in common, when they are the same."""
SOURCES = 3
LONGEST_QUOTE = 2_000

_SAYS_NOTHING = frozenset(
    map(
        stem,
        listed(
            """answer ask chapter clue confused do doubt example exercise explain get give got hard help hint homework
            idea know lesson lost mean need number one page part problem question section show solution solve
            something stuck stuff task tell thing think topic understand want way word work worksheet thanks
            hello hi hey"""
        ),
    )
)
_OF_SCHOOL = frozenset(
    map(
        stem,
        listed(
            """acceleration acid adjective adverb algebra alliteration angle area arithmetic atom axis biology calculus
            cell chemistry chromosome circumference clause cosine coefficient conjugate decimal denominator density
            derivative diameter divisor ecosystem electron element enzyme equation essay exponent fraction function gene
            genetics geography geometry gradient grammar graph gravity hypotenuse hypothesis inequality integer integral
            isotope logarithm mathematics maths matrix metaphor mitosis molecule momentum multiply noun numerator
            organelle osmosis parabola percentage perimeter photosynthesis physics polygon polynomial preposition
            probability pronoun proof quadratic quotient radius ratio sine slope stanza statistics subtract syllable
            syntax tangent theorem thesis trapezoid triangle trigonometry variable vector velocity vertex vocabulary
            volume"""
        ),
    )
)
"""Words of lessons: what has one is about learning, whether or not there is an answer."""
_FORMULA = re.compile(r"\d\s*[-+*/^=<>\u00d7\u00f7\u2212]|[=^\u221a\u222b\u03c0\u2211]|\b[a-z]\s*[-+*/^=]\s*[\da-z]\b")
_SAYS_MORE = re.compile(r"[^\W\d]{4,}")
"""A word of a question that is mostly a sum."""
_MOST_EVIDENCE = {SourceKind.SESSION: 0.9, SourceKind.SUMMARY: 0.5}
"""What was said in talk is never more than likely the answer: confidence was fitted to texts that were written."""
_KNOWN = 4.0
"""Log-odds of what is read off."""
_LEANS_BACK = re.compile(r"(he|she|it|they|this|that|these|those|his|her|its|their|such)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cited:
    """Something that an answer rests on."""

    kind: SourceKind
    source_id: UUID
    title: str
    quote: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said to a question."""

    outcome: AnswerOutcome
    answer: str
    hint: str | None = None
    """What helps to find the answer oneself; None where there is no answer to find."""
    highlight: str | None = None
    """The words of the answer that most likely are what was asked for; less sure than the answer itself."""
    evidence: float | None = None
    """For the answer being right, in log-odds, before calibration; None where there is none."""
    citations: tuple[Cited, ...] = ()
    subjects: tuple[str, ...] = ()

    def needs_tutor(self, confidence: Confidence) -> bool:
        """Whether to advise that a tutor looks at it."""
        return self.outcome is AnswerOutcome.NOT_FOUND or (
            self.outcome is AnswerOutcome.ANSWERED and confidence is Confidence.LOW
        )


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an answer is to be made from."""

    asked: Asked
    found: tuple[Found, ...]
    corpus: Corpus
    subjects: tuple[str, ...]
    """Names of the subjects that the question touches."""


def grounds_for(asked: Asked, findings: Findings) -> Grounds | Reply:
    """What to answer from, or what is said without looking any further."""
    says_nothing = not [word for word in asked.stems if word not in _SAYS_NOTHING]
    if says_nothing and not asks_about_goals(asked.text) and not _FORMULA.search(asked.text):
        return Reply(AnswerOutcome.CLARIFICATION, _asked_back(findings))
    open_item = next((item for item in findings.open_items if _same(asked, item.question_text)), None)
    if open_item is not None:
        return Reply(AnswerOutcome.OWN_PRACTICE, _OWN_PRACTICE, citations=_task_cited(open_item))
    if asks_about_goals(asked.text):
        return _about_goals(asked.text, findings.goals)
    corrected = asked.corrected(findings.passages, findings.corpus.frequency)
    found = [
        each
        for each in rank(corrected, findings.passages, findings.corpus, limit=4 * SOURCES)
        if each.passage.kind is not SourceKind.BANK_ITEM or each.coverage >= SAME_ITEM
    ][:SOURCES]
    return Grounds(corrected, tuple(found), findings.corpus, _subjects(corrected, found, findings.subjects))


def extracted(grounds: Grounds) -> Reply:
    """The answer of the embedded engine: what a source says, in its own words."""
    if not _is_in_scope(grounds):
        return _nothing(grounds)
    best = grounds.found[0]
    if best.passage.kind is SourceKind.BANK_ITEM:
        return _worked(best, grounds)
    answer = extract(grounds.asked, grounds.found, grounds.corpus)
    if answer is None or turned_round(grounds.asked.words, answer.sentence.words):
        return _nothing(grounds)
    text = _with_what_it_leans_on(answer)
    return Reply(
        AnswerOutcome.ANSWERED,
        text,
        hint=_hint(answer.passage, grounds.asked),
        highlight=answer.highlight,
        evidence=_evidence(answer),
        citations=(_cite(answer.passage, text),),
        subjects=grounds.subjects,
    )


def _task_cited(item: OpenItem) -> tuple[Cited, ...]:
    if item.item_id is None:
        return ()
    return (Cited(SourceKind.BANK_ITEM, item.item_id, "Your practice", item.question_text[:LONGEST_QUOTE]),)


def _about_goals(question: str, goals: Sequence[OwnGoal]) -> Reply:
    """Where the student's goals stand: there is nothing to find out oneself in that, so no hint comes first."""
    meant = goals_meant(question, goals)
    if not meant:
        return Reply(AnswerOutcome.NOT_FOUND, _NO_GOALS)
    return Reply(
        AnswerOutcome.ANSWERED,
        " ".join(goal.told for goal in meant),
        evidence=_KNOWN,
        citations=tuple(Cited(SourceKind.GOAL, goal.id, goal.title, goal.told) for goal in meant),
        subjects=tuple(dict.fromkeys(goal.subject for goal in meant if goal.subject)),
    )


def _is_in_scope(grounds: Grounds) -> bool:
    asked_for = formulas(grounds.asked.text)
    if asked_for and len([word for word in grounds.asked.words if _SAYS_MORE.fullmatch(word.text)]) < 3:
        # Two numbers that are somewhere are no sum of theirs.
        there = [formulas(each.passage.evidence) for each in grounds.found]
        return any(formula in found or any(formula in one for one in found) for found in there for formula in asked_for)
    coverage = max((each.coverage for each in grounds.found), default=0.0)
    return coverage >= IN_SCOPE or (coverage >= NAMED and _names_something(grounds))


def _names_something(grounds: Grounds) -> bool:
    """Whether the question has a name or a number, not in the first place, that a passage has too."""
    names = {
        word.stem
        for word in grounds.asked.words[1:]
        if not word.is_stopword and (word.text[0].isupper() or word.text[0].isdigit())
    }
    return any(names & each.stems for each in grounds.found)


def _nothing(grounds: Grounds) -> Reply:
    about_learning = not _OF_SCHOOL.isdisjoint(grounds.asked.stems)
    if grounds.subjects or about_learning or _FORMULA.search(grounds.asked.text):
        return Reply(AnswerOutcome.NOT_FOUND, NOT_FOUND, subjects=grounds.subjects)
    return Reply(AnswerOutcome.OUT_OF_SCOPE, OUT_OF_SCOPE)


OUT_OF_SCOPE = (
    "That is not something I can help with: I answer questions about what you learn, from your sessions, your goals, "
    "the practice bank and your tutors' study material."
)
NOT_FOUND = (
    "I found nothing on this in your sessions, your goals, the practice bank and the study material, so I would rather "
    "not guess. Your tutor can help; pass the question on with one step."
)
_NO_GOALS = "You have no goal yet. Set one, or ask your tutor which one would be good for you."
_OWN_PRACTICE = (
    "This is practice that is yours to do, now or again, so the answer is yours to find. Try it as far as you get; "
    "once you have handed it in, its solution and how one gets there are shown beside it. If you are stuck, ask me "
    "about the step."
)


def _asked_back(findings: Findings) -> str:
    topics = [passage.title for passage in findings.passages if passage.kind is SourceKind.SESSION and not passage.part]
    about = f", for instance from \u201c{topics[0]}\u201d" if topics else ""
    return f"What is it about? Name the topic or write the whole question or task{about}, and I can look for an answer."


def _same(asked: Asked, text: str) -> bool:
    """Whether a question is, near enough, a given text."""
    if is_same_task(asked.text, text):
        return True
    one, other = set(asked.stems), set(content_stems(placed_words(text)))
    return len(one & other) >= SAME_WORDS * len(one | other) if len(other) > 1 else False


def _subjects(asked: Asked, found: list[Found], known: list[str]) -> tuple[str, ...]:
    """Those that the question names, else that of the best source."""
    named = [name for name in known if (stems := content_stems(placed_words(name))) and set(stems) <= set(asked.stems)]
    if not named and found and found[0].coverage >= IN_SCOPE and found[0].passage.subject:
        named = [found[0].passage.subject]
    return tuple(named[:5])


def _worked(best: Found, grounds: Grounds) -> Reply:
    """A solved item of the bank that is what was asked."""
    solution = " ".join(sentence.text for sentence in best.passage.sentences)[:LONGEST_QUOTE]
    return Reply(
        AnswerOutcome.ANSWERED,
        solution,
        hint=_hint(best.passage, grounds.asked),
        # The words fit; whether it is the same task, nobody has looked.
        evidence=log_odds(0.5 * best.coverage),
        citations=(_cite(best.passage, solution),),
        subjects=grounds.subjects,
    )


def _evidence(answer: Extracted) -> float:
    most = [_MOST_EVIDENCE.get(answer.passage.kind, math.inf)]
    if answer.coverage < COVERED:
        most.append(NOT_COVERED)
    return min(log_odds(answer.probability), *most)


def _with_what_it_leans_on(answer: Extracted) -> str:
    """The sentence, after the one before it if it begins with a word for something in that."""
    place = answer.passage.sentences.index(answer.sentence)
    before = answer.passage.sentences[place - 1] if place else None
    if before is not None and before.quotable and _LEANS_BACK.match(answer.sentence.text):
        return f"{before.text} {answer.sentence.text}"[:LONGEST_QUOTE]
    return answer.sentence.text[:LONGEST_QUOTE]


def _cite(passage: Passage, quote: str) -> Cited:
    return Cited(passage.kind, passage.source_id, passage.title, quote)


_PLACES = {
    SourceKind.MATERIAL: "the study material",
    SourceKind.BANK_ITEM: "a task of the practice bank that has been worked out",
    SourceKind.SESSION: "what your tutor said in the",
    SourceKind.SUMMARY: "the",
    SourceKind.GOAL: "your goal",
}
_LOOK_FOR = {
    QuestionKind.NUMBER: "a number or an amount",
    QuestionKind.DATE: "a date or a time",
    QuestionKind.REASON: "a reason",
    QuestionKind.PERSON: "a person or a group",
    QuestionKind.PLACE: "a place",
    QuestionKind.MANNER: "the way in which it happens",
    QuestionKind.YES_OR_NO: "whether it is so, and why",
    QuestionKind.THING: "the words that complete it",
}


def _hint(passage: Passage, asked: Asked) -> str:
    """Where the answer stands and what kind of thing it is, in no words but the question's own."""
    there = frozenset(stem for sentence in passage.sentences for stem in sentence.stems)
    shared = list(dict.fromkeys(w.text for w in asked.words if not w.is_stopword and w.stem in there))[:3]
    about = f", where it is about {_and([_quoted(word) for word in shared])}" if shared else ""
    kind = Wanted.read(asked.text).kind
    if passage.kind is SourceKind.BANK_ITEM:
        return (
            f"There is {_PLACES[passage.kind]} like this{about}. Before you look at it: what is given, what is asked "
            "for, and which first step leads from one to the other?"
        )
    title = passage.title if passage.kind in (SourceKind.SUMMARY, SourceKind.SESSION) else _quoted(passage.title)
    name = title[0].lower() + title[1:] if title is passage.title else title
    return f"Look at {_PLACES[passage.kind]} {name}{about}. You are looking for {_LOOK_FOR[kind]}: what do you think?"


def _quoted(text: str) -> str:
    return f"\u201c{text}\u201d"


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
