"""Whether a student tells of harm: to themselves, by others, among others; looked at before anything else is.

There is no model in it: patterns over words that are brought to one spelling, so that slips, slang and disguises are
seen through. A pattern needs somebody it happens to ("me", "myself", "my friend"), which is what sets a child's words
apart from a lesson's: viruses kill cells, and fathers hit balls. Where it errs it errs towards a kind word too many.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from domain.companion.safeguarding_words import (
    ABOUT_TEACHERS,
    ABUSE,
    ACCIDENTS,
    BULLYING,
    DANGER,
    FORCES,
    FRAMES,
    KNOWN,
    LESSONS,
    OTHER_LANGUAGES,
    SELF_HARM,
    SLIPS,
    TRANSLATIONS,
    UNLIKE,
)


@dataclass(frozen=True, slots=True)
class Concern:
    """A student may be in danger."""

    about_teacher: bool = False
    """Whether it may be about a tutor or teacher, who then is not to read it."""


_QUOTED = re.compile(r"\u201c[^\u201d]*\u201d|\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|\u00ab[^\u00bb]*\u00bb")
_PIECES = re.compile(r"[.?!;:\n\u2026]+")
_WORD = re.compile(r"[^\W_]+")
_DISGUISES = str.maketrans("013457@$!", "oieastasi")
_MIXED = re.compile(r"(?=\S*[a-z])(?=\S*[013457@$!])[a-z013457@$!]+")
_TO = re.compile(r"(?<=\bwant )(?:2|too|ot|ti)\b|(?<=\b(?:need|wish) )(?:2|too|ot|ti)\b|(?<=\bgoing )(?:2|too|ot|ti)\b")
_RUN_TOGETHER = re.compile(r"(?<!s)killmyself|wan(?:tto|na)die|endmylife|commitsuicide|hurtmyself")


def concern(text: str) -> Concern | None:
    """What a question gives cause for; None where it is an ordinary one. Takes some milliseconds at most."""
    outside = _QUOTED.sub(" ", text)
    # Words that a lesson quotes are the lesson's; what stands around them is the student's.
    looked_at = outside if outside != text and LESSONS.search(canonical(outside)) else text
    pieces = [canonical(piece) for piece in _PIECES.split(looked_at)]
    # What is told over several sentences, "My dad. He hits me.", is whole only without their ends.
    pieces.append(canonical(looked_at))
    found = [piece for piece in pieces if piece and _tells_of_harm(piece)]
    if not found and not any(_RUN_TOGETHER.search(word) for word in pieces[-1].split()):
        return None
    return Concern(about_teacher=any(ABOUT_TEACHERS.search(piece) for piece in found))


def concern_of_others(text: str) -> Concern:
    """The same, where somebody else has seen that there is cause."""
    return Concern(about_teacher=ABOUT_TEACHERS.search(canonical(text)) is not None)


def _tells_of_harm(piece: str) -> bool:
    if TRANSLATIONS.search(piece):
        return False
    if DANGER.search(piece) or OTHER_LANGUAGES.search(piece):
        return True
    if SELF_HARM.search(piece):
        return not ACCIDENTS.search(piece)
    by_others = ABUSE.search(piece) or BULLYING.search(piece)
    return by_others is not None and not (FORCES.search(piece) or FRAMES.search(piece))


def canonical(text: str) -> str:
    """A text as patterns read it: lower case without accents and marks, slips mended, words one space apart."""
    folded = unicodedata.normalize("NFKD", text.lower().replace("\u2019", "'"))
    plain = "".join(character for character in folded if not unicodedata.combining(character)).replace("'", "")
    plain = _MIXED.sub(lambda found: found[0].rstrip("!").translate(_DISGUISES), plain)
    words = " ".join(_mended(word) for word in _WORD.findall(plain)).replace("my self", "myself")
    return _TO.sub("to", words)


@lru_cache(maxsize=20_000)
def _mended(word: str) -> str:
    """The word that was meant, if it is one that patterns look for."""
    word = re.sub(r"(.)\1{2,}", r"\1\1", word[:40])
    if word in SLIPS:
        return SLIPS[word]
    if len(word) < 4 or word in KNOWN or word in UNLIKE:
        return word
    return next((known for known in KNOWN if len(known) >= 4 and _is_slip(word, known)), word)


def _is_slip(word: str, known: str) -> bool:
    """Whether one letter is missing, too many, another, or has changed places with the next; never the first.

    Another one only in words of five: of four, too many are words of their own.
    """
    if word[0] != known[0] or abs(len(word) - len(known)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(word, known, strict=False)) if a != b), min(len(word), len(known)))
    rest, other = word[same:], known[same:]
    if len(rest) == len(other):
        turned = rest[:2] == other[1::-1] and rest[2:] == other[2:]
        return turned or (len(known) > 4 and rest[1:] == other[1:])
    return rest[1:] == other or rest == other[1:]


def words_of_care(contact: str, *, tutor_told: bool) -> str:
    """What the student is told, in place of any answer. `contact` is the school's own, or empty."""
    seen_by = "your tutor" if tutor_told else "the people who run this service"
    own = f" {contact}" if contact else ""
    return (
        "Thank you for telling me. What you write sounds serious, and you should not have to carry it alone. I am a "
        "program; what helps now is a person. Please talk to a grown-up you trust today: somebody in your family, a "
        "teacher, a doctor, a school counsellor. If one does not listen, tell another one. If you or somebody else is "
        f"hurt or in danger right now, call the emergency services.{own} I have passed on what you wrote to {seen_by}, "
        "so that somebody can help you; it is not shown to your parents here. It is not your fault, and it was right "
        "to say it."
    )
