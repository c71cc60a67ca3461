"""The names in a text, and the words that they are looked for among."""

import re

from domain.companion.sentences import sentence_texts
from domain.companion.speech_acts import TELLING
from domain.companion.words import (
    STOP_WORDS,
    capitalised_words,
    lettered_words,
    listed,
    respelled,
    stem,
    without_possessive,
)

_OPENERS = listed(
    """the a an both they their together this that these those there here it its his her he she we our as
    at by for from in of on to with without after afterwards again along also although another
    because before beginning but later meanwhile next now once only since so some soon still then
    though through throughout thus until when where whether while who why yet finally first second
    third initially lastly eventually instead however overall practise practice review revise recall
    remember repeat rework redo work try do solve write read say answer explain learn finish
    complete continue check compare make use find look start begin go come keep take ask think study
    draw draft list name describe summarise summarize choose pick apply prepare consolidate
    reinforce test teach tell show memorise memorize note explore build set spend watch give put
    bring return revisit discuss student tutor students tutors each every all most many several few
    no none nothing neither either not right well one"""
)


_ACTS = re.compile(
    r"(?:\w+ed|was|is|had|has|did|does|can|could|will|would|found|got|said|told|knew|made|took|gave|thought|understood"
    r"|wrote|saw|felt|began|drew|chose|forgot|and the (?:student|tutor))\b"
)
"""After a word in front of it: who does this, and not how or what is done."""


def names(text: str) -> set[str]:
    """The words that may be names, in lower case. Those that begin a sentence are, unless they commonly do."""
    found = set()
    for word, opens, after in capitalised(text):
        low = without_possessive(word.lower())
        how = low.endswith(("ly", "ed")) and low == word.lower() and not _ACTS.match(after)
        doing = low.endswith("ing") and len(low) > 4
        if opens and (low in _OPENERS or low in STOP_WORDS or how or doing):
            continue
        if stem(low) not in TELLING:
            found.add(low)
    return found


def capitalised(text: str) -> list[tuple[str, bool, str]]:
    """The words that begin with a capital, whether they begin a sentence, and what comes after them; `I` is none."""
    found = []
    for piece in map(respelled, sentence_texts(text)):
        for start, word in capitalised_words(piece):
            before = piece[:start].rstrip(" \t\"“‘'(")
            found.append((word, not before or before[-1] in ":.!?…", piece[start + len(word) :].lstrip()))
    return found


def bare_words(text: str) -> set[str]:
    """The words in lower case, without the ending of a possessive."""
    return {without_possessive(word) for word in lettered_words(text)}
