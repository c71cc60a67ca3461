"""Words that turn a sentence into its opposite: what is so of the one is not so of the other."""

from collections.abc import Iterable

from domain.companion.words import Word

_PAIRS = """
    positive negative, highest lowest, largest smallest, biggest smallest, greatest smallest, longest shortest,
    maximum minimum, maximal minimal, increase decrease, increased decreased, increasing decreasing, even odd,
    earliest latest, oldest youngest, fastest slowest, strongest weakest, hottest coldest, best worst,
    heaviest lightest,
    northern southern, eastern western, north south, east west, kinetic potential, acidic alkaline,
    numerator denominator, anode cathode, anion cation, concave convex, endothermic exothermic, prefix suffix,
    singular plural, attract repel, producer consumer, import export, advantage disadvantage, acute obtuse,
    vertical horizontal, ancestor descendant, rational irrational, renewable nonrenewable, literal figurative,
    predator prey, mitosis meiosis
"""
_OPPOSITES: dict[str, set[str]] = {}
for _one, _other in (pair.split() for pair in _PAIRS.split(",")):
    _OPPOSITES.setdefault(_one, set()).add(_other)
    _OPPOSITES.setdefault(_other, set()).add(_one)


def turned_round(asked: Iterable[Word], told: Iterable[Word]) -> bool:
    """Whether a sentence tells of the opposite of what a question names, and not of that itself.

    `What does a positive discriminant mean?` is not answered by what a negative one means.
    """
    question, sentence = _named(asked), _named(told)
    return any(
        word not in sentence and _OPPOSITES[word] & sentence and not _OPPOSITES[word] & question for word in question
    )


def _named(words: Iterable[Word]) -> set[str]:
    """Those of the words that have an opposite, in the singular."""
    there = (word.text.lower() for word in words)
    return {form for word in there for form in (word, word.removesuffix("s")) if form in _OPPOSITES}
