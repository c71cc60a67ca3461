"""What a question asks for, by its words: a date, a person, a reason; and where in a sentence that would stand."""

import re
from dataclasses import dataclass
from enum import StrEnum

from domain.companion.words import Word, listed, placed_words


class QuestionKind(StrEnum):
    """What sort of answer a question wants."""

    NUMBER = "number"
    DATE = "date"
    REASON = "reason"
    PERSON = "person"
    PLACE = "place"
    MANNER = "manner"
    YES_OR_NO = "yes_or_no"
    THING = "thing"


_KINDS = [
    (
        QuestionKind.NUMBER,
        r"\bhow (many|much|long|far|old|large|tall|big|fast|often|high|deep|heavy|wide)\b"
        r"|\bwhat (percent|percentage|number|amount|fraction|proportion|temperature)\b",
    ),
    (
        QuestionKind.DATE,
        r"\bwhen\b|\b(what|which) (\w+ )?(year|date|day|month|century|decade|time|season|era|period)\b"
        r"|\bhow (recently|early|late)\b",
    ),
    (QuestionKind.REASON, r"\bwhy\b|\bfor what reason\b|\bwhat (caused|causes|was the (reason|cause))\b"),
    (
        QuestionKind.PERSON,
        r"\b(who|whom|whose)\b|\b(what|which) (\w+ )?(person|man|woman|inventor|scientist|writer|author|president|king"
        r"|queen|leader|emperor|astronaut|son|daughter|general|scholar|philosopher|prince|artist|poet|explorer)\b",
    ),
    (
        QuestionKind.PLACE,
        r"\bwhere\b|\b(what|which) (\w+ )?(country|city|place|region|town|state|continent|area|river|island"
        r"|location)\b",
    ),
    (
        QuestionKind.YES_OR_NO,
        r"^\W*(is|are|was|were|do|does|did|can|could|will|would|has|have|had|should)\b",
    ),
    (QuestionKind.MANNER, r"\bhow\b"),
]
_DEFINITION = re.compile(r"\W*(what|who) (is|are|was|were) (?!the (name|term)\b)", re.IGNORECASE)
_EXPANSION = re.compile(r"\bstands? for\b|\bacronym\b|\babbreviat", re.IGNORECASE)
_BE_AND_HAVE = listed(
    "is are was were be been being am do does did has have had can could will would shall should may might must"
)
_VERBS = _BE_AND_HAVE | listed(
    """become became begin began begun bring brought build built came come cause caused give gave given go went get got
    hold held keep kept know known lead led leave left lose lost make made mean meant meet met pay paid put ran run rose
    said saw see seen sent set show shown spent spoke stood take taken took tell told think thought understand
    understood win won write wrote written include includes contain contains consist consists use uses allow allows
    provide provides require requires produce produces found form forms remain remains occur occurs exist exists need
    needs help helps act acts died die fell fall grew grow drew draw drove chose broke bore felt spread shot cut let
    hit"""
)
_VERB_FORM = re.compile(r"[a-z]{3}(ed|ized|ised|ates|izes|ifies)$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an answer must look like."""

    kind: QuestionKind
    nouns: frozenset[str]
    """Stems of the thing asked for: of "which mission ..." mission."""
    verbs: frozenset[str]
    """Stems of the question's own verbs."""
    side: float
    """On which side of that verb the answer stands in a plain sentence: 1 after it, -1 before it, 0 unknown."""
    definition: bool
    expansion: bool
    """Whether it asks what an abbreviation stands for."""

    @classmethod
    def read(cls, question: str) -> "Wanted":
        """What a question wants."""
        found = placed_words(question)
        verbs, side = _verb(found)
        content = [word for word in found if not word.is_stopword]
        return cls(
            kind=_kind(question),
            nouns=_nouns(found),
            verbs=verbs,
            side=side,
            definition=len(content) <= 4 and _DEFINITION.match(question) is not None,
            expansion=_EXPANSION.search(question) is not None,
        )


def is_verb(word: Word) -> bool:
    """Whether a word looks like a verb: there is no grammar here, only lists and endings."""
    lower = word.text.lower()
    return lower in _VERBS or (word.text[0].islower() and _VERB_FORM.search(lower) is not None)


def _kind(question: str) -> QuestionKind:
    text = " ".join(re.findall(r"[\w'-]+", question.lower()))
    return next((kind for kind, pattern in _KINDS if re.search(pattern, text)), QuestionKind.THING)


def _nouns(found: list[Word]) -> frozenset[str]:
    """The stems between the first "what", "which" or "whose" and the next word that says little."""
    for place, word in enumerate(found):
        if word.text.lower() in {"what", "which", "whose"}:
            stems: list[str] = []
            for following in found[place + 1 : place + 5]:
                if following.is_stopword:
                    break
                stems.append(following.stem)
            return frozenset(stems)
    return frozenset()


def _verb(found: list[Word]) -> tuple[frozenset[str], float]:
    lower = [word.text.lower() for word in found]
    asking = {"who", "what", "which", "whom", "where", "when", "how", "why"}
    start = next((place for place, word in enumerate(lower) if word in asking), None)
    for place in range(start + 1, len(found)) if start is not None else ():
        if lower[place] in {"do", "does", "did"}:
            later = [w for w in found[place + 1 :] if not w.is_stopword and w.text[0].islower()]
            return frozenset(word.stem for word in later), 1.0
        if lower[place] in _BE_AND_HAVE:
            rest = range(place + 1, len(found))
            verbs = [i for i in rest if is_verb(found[i]) and lower[i] not in _BE_AND_HAVE]
            if not verbs:
                return frozenset(), 0.0
            between = any(not found[i].is_stopword for i in range(place + 1, verbs[0]))
            return frozenset(found[i].stem for i in verbs), 1.0 if between else -1.0
        if is_verb(found[place]):
            return frozenset({found[place].stem}), -1.0
    return frozenset(), 0.0
