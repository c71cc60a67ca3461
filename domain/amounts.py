"""What a response to a question for a number says: one number, with its unit, and nothing that says otherwise.

`It is 50 %.`, `x = 4`, `$4.50`, `he has 12 apples left`, `5 * 8 = 40`. A unit is taken for what the question asks for:
30 minutes are half an hour, and 4 minutes are not 4 hours; 50 % is 0.5, unless per cent are asked for.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from domain.algebra.grammar import NotMathematics, parse
from domain.algebra.numeric import close, value, variables
from domain.numerals import NUMERAL, Numeral, in_digits, read
from domain.wording import denies, normalised, words

LONGEST = 200
"""Characters of a response that is read as a number; a longer one says more than a number."""
MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Unit:
    """`scale` of a unit's base; units of one kind and base can be put into each other."""

    kind: str
    scale: Fraction = Fraction(1)
    base: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number, the unit that it has, the unknown that it is said to be the value of, and the words after it."""

    numeral: Numeral
    unit: Unit | None = None
    name: str = ""
    tail: str = ""


ONE = Unit("count")
PERCENT = Unit("share", Fraction(1, 100))
_PURE = frozenset({"count", "share"})
"""Kinds that are numbers themselves, and change the number unless it is what is asked for."""
_TABLE: Sequence[tuple[str, str, str, str]] = [
    ("count", "", "dozen", "12"),
    ("count", "", "hundred", "100"),
    ("count", "", "thousand k", "1000"),
    ("count", "", "million", "1000000"),
    ("count", "", "billion", "1000000000"),
    ("count", "", "half halve", "1/2"),
    ("count", "", "third", "1/3"),
    ("count", "", "quarter fourth", "1/4"),
    ("count", "", "fifth", "1/5"),
    ("count", "", "sixth", "1/6"),
    ("count", "", "eighth", "1/8"),
    ("count", "", "tenth", "1/10"),
    ("count", "", "hundredth", "1/100"),
    ("share", "", "% percent percentage pct", "1/100"),
    ("money", "dollar", "dollar usd buck", "1"),
    ("money", "dollar", "cent \u00a2", "1/100"),
    ("money", "euro", "euro eur \u20ac", "1"),
    ("money", "pound", "\u00a3 gbp", "1"),
    ("money", "yen", "\u00a5 yen", "1"),
    ("time", "", "second sec s", "1"),
    ("time", "", "minute min", "60"),
    ("time", "", "hour hr h", "3600"),
    ("time", "", "day", "86400"),
    ("time", "", "week", "604800"),
    ("time", "month", "month", "1"),
    ("time", "month", "year yr", "12"),
    ("length", "", "millimeter millimetre mm", "1/1000"),
    ("length", "", "centimeter centimetre cm", "1/100"),
    ("length", "", "meter metre m", "1"),
    ("length", "", "kilometer kilometre km", "1000"),
    ("length", "", "inch", "0.0254"),
    ("length", "", "foot feet ft", "0.3048"),
    ("length", "", "yard yd", "0.9144"),
    ("length", "", "mile", "1609.344"),
    ("mass", "", "milligram mg", "1/1000"),
    ("mass", "", "gram g", "1"),
    ("mass", "", "kilogram kilo kg", "1000"),
    ("mass", "pound", "ounce oz", "1/16"),
    ("mass", "pound", "pound lb", "1"),
    ("volume", "", "milliliter millilitre ml", "1/1000"),
    ("volume", "", "liter litre l", "1"),
    ("volume", "gallon", "gallon gal", "1"),
    ("volume", "gallon", "quart", "1/4"),
    ("volume", "gallon", "pint", "1/8"),
    ("temperature", "c", "\u00b0c celsius", "1"),
    ("temperature", "f", "\u00b0f fahrenheit", "1"),
]
_UNITS = {name: Unit(kind, Fraction(scale), base) for kind, base, names, scale in _TABLE for name in names.split()}
_CURRENCIES = {"$": "dollar", "\u20ac": "euro", "\u00a3": "\u00a3", "\u00a5": "yen"}

_MENTION = re.compile(
    r"(?P<numbered>[0-9] ?-?)?(?P<rate>\b(?:per|each|every|(?<!as )an?) )?(?:(?P<power>square|sq|cubic)\.? )?"
    r"(?P<name>\u00b0 ?[cf]\b|[%\u00b0\u00a2\u20ac\u00a3\u00a5]|[^\W\d_]+)(?:\^?(?P<raised>[23])\b)?"
)
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_COUNTED = re.compile(r"\b(?:how many(?: [a-z]+){0,2}|in) $")
_LONGEST_COUNTED = 80
"""Characters before a unit that tell whether it is counted."""
_ASKS = re.compile(r"\?$|\b(?:find|calculate|compute|determine|what|how|give|express)\b", re.I)
_LEAD_WORDS = frozenset(
    words(
        "so i think believe guess it it's its that that's this is was are were be will would the a an my final correct "
        "total answer ans result solution value number sum they there he she we you his her their has have had get "
        "gets got equal equals to in of at therefore thus hence left"
    )
)
_COMPARISONS = frozenset(
    words(
        "than least most about around almost nearly roughly approximately under over below above between before after "
        "until up plus minus divided multiplied squared cubed double twice triple is are was were"
    )
)
"""Words around a number that make another statement of it: `more than 12`, `12 squared`, `12 is too few`."""
_BRACKETED = re.compile(r"^\s*\(([^()]*)\)\s*$")
_NAME = re.compile(r"(?:^|(?<= ))([a-z])(?:\([a-z0-9]{1,3}\))?$")
_FILLING = re.compile(r"[\s,:.!'~-]*")


def says(
    response: str, answer: str, question: str, *, mathematical: bool, decimal_comma: bool = True
) -> tuple[Numeral, list[Numeral]] | None:
    """The number that is wanted, and what numbers a response says in the unit of it; None when either says none.

    In mathematical text `3,5` may be two values in an answer, and letters are unknowns unless they spell a word or a
    unit of the question. `decimal_comma` is whether one may stand in the response.
    """
    # In a mathematical answer `5cm` is 5 times c times m.
    told = "" if mathematical else question
    wanted = amount(answer, told, mathematical=mathematical, decimal_comma=decimal_comma and not mathematical)
    given = amount(response, question, mathematical=mathematical, decimal_comma=decimal_comma)
    if wanted is None or given is None or (wanted.name and given.name and wanted.name != given.name):
        return None
    asked = _asked(question)
    if given.unit is None:
        unit = wanted.unit
        # `0.5` is 50 %; of `50` only a question that asks for per cent says that it is.
        scale = 1 / unit.scale if unit and unit.kind in _PURE and unit not in asked else Fraction(1)
        return wanted.numeral, [replace(given.numeral, value=given.numeral.value * scale)]
    units = [wanted.unit] if wanted.unit else _meant(given.unit, question, asked)
    return wanted.numeral, [
        _put(given.numeral, given.unit, unit)
        for unit in units
        if (unit.kind in _PURE and given.unit.kind in _PURE)
        or (unit.kind == given.unit.kind and unit.base == given.unit.base)
    ]


def same_amount(response: str, choice: str, question: str) -> bool:
    """Whether a response says exactly the number of a choice, with the same words after it, a unit in their place, or
    none."""
    one, other = (amount(text, question, mathematical=False, decimal_comma=False) for text in (response, choice))
    if one is None or other is None or not (one.tail in {"", other.tail} or (one.unit and one.tail in _UNITS)):
        return False
    found = says(response, choice, question, mathematical=False, decimal_comma=False)
    return found is not None and any(given.value == found[0].value for given in found[1])


def amount(text: str, question: str, *, mathematical: bool, decimal_comma: bool) -> Amount | None:
    """The one number that a text says; None for more than one, for none, and for one that is denied or compared."""
    if len(text) > LONGEST:
        return None
    text, currency = _currency(_BRACKETED.sub(r"\1", text))
    *working, text = re.split("[=\u2248]", in_digits(normalised(text)))
    found = NUMERAL.search(text)
    numeral = read(found, decimal_comma=decimal_comma) if found else None
    if found is None or numeral is None:
        return None
    lead, tail = text[: found.start()], text[found.end() :]
    name = ""
    for part in working:
        side = part.strip()
        if named := _NAME.search(side):
            name, side = named[1], side[: named.start()]
            if any(character.isdecimal() for character in side):
                return None
        if any(character.isdecimal() for character in side):
            if not _comes_to(side, numeral):
                return None
        elif not _leads(side, question):
            return None
    if not _leads(lead, question) or (lead and lead[-1].isalpha()):
        return None
    unit = _tail(tail, question, mathematical)
    if unit is None:
        return None
    known = unit if unit.kind else currency
    return Amount(numeral, known, name, tail.strip(" .!"))


def _currency(text: str) -> tuple[str, Unit | None]:
    """The text without the one sign of a currency in it, and the currency; two dollar signs are LaTeX's."""
    signs = [character for character in text if character in _CURRENCIES]
    if len(signs) != 1:
        return text, None
    return text.replace("\\" + signs[0], "").replace(signs[0], ""), _UNITS[_CURRENCIES[signs[0]]]


def _leads(text: str, question: str) -> bool:
    """Whether what stands before a number only leads up to it."""
    told = words(text)
    asked = {word[:4] for word in words(normalised(question))}
    return (
        len(told) <= 2 * MOST_WORDS
        and not denies(told)
        and all(word in _LEAD_WORDS or (word[:4] in asked and len(word) > 1) for word in told)
        and not (set(told) - _LEAD_WORDS) & (_COMPARISONS | {"times"})
        and _FILLING.fullmatch(re.sub(r"[^\W\d_]+", "", text)) is not None
    )


def _tail(text: str, question: str, mathematical: bool) -> Unit | None:
    """The unit after a number, Unit("") when it is none that is known; None when the text is more than a unit."""
    # `5!` is a factorial in mathematics.
    text = text.strip(" ." if mathematical else " .!")
    if not text:
        return Unit("")
    mention = _MENTION.match(text)
    told = words(text)
    if mention is None or len(told) > MOST_WORDS or denies(told) or set(told) & _COMPARISONS:
        return None
    unit, rest = _unit(mention), text[mention.end() :]
    if any(character.isdecimal() for character in rest) or not _FILLING.fullmatch(
        re.sub(r"[^\W\d_]+|[%\u00b0/()]", "", rest)
    ):
        return None
    name = mention["name"]
    if unit is None:
        return Unit("") if name == "\u00b0" or len(name) >= (4 if mathematical else 2) else None
    if mathematical and name.isalpha() and len(name) < 4:
        return unit if len(name) > 1 and unit in [one for one, _ in _mentions(question)] else None
    return unit


def _unit(mention: re.Match[str]) -> Unit | None:
    name = mention["name"].replace(" ", "")
    unit = next((_UNITS[one] for one in (name, name[:-1], name[:-2]) if _ends(name, one) and one in _UNITS), None)
    power = {"square": 2, "sq": 2, "cubic": 3}.get(mention["power"] or "", int(mention["raised"] or 1))
    if unit is None or power == 1:
        return unit
    return Unit(f"{unit.kind}^{power}", unit.scale**power, unit.base)


def _ends(name: str, one: str) -> bool:
    """Whether a name is another, or its plural; letters alone have none."""
    return name == one or (len(one) > 1 and name in {one + "s", one + "es"})


def _mentions(text: str) -> Iterator[tuple[Unit, bool]]:
    """The units that a text names, and whether as something to find out: without a number, and not as in `per day`."""
    plain = normalised(text)
    for mention in _MENTION.finditer(plain):
        if unit := _unit(mention):
            # `half` and `quarter` are words of many a story.
            before = max(0, mention.start() - _LONGEST_COUNTED)
            counted = unit.kind != "count" or _COUNTED.search(plain, before, mention.start())
            yield unit, bool(counted and not (mention["numbered"] or mention["rate"]))
    if "$" in text.replace("$$", ""):
        yield _UNITS["dollar"], False


def _asked(question: str) -> set[Unit]:
    """The units in which a question asks: those that the last sentence of it that asks leaves without a number."""
    sentences = _SENTENCE_END.split(question.strip())
    asking = [one for one in sentences if _ASKS.search(one)] or sentences
    return {unit for unit, open_ in _mentions(asking[-1]) if open_}


def _meant(unit: Unit, question: str, asked: set[Unit]) -> list[Unit]:
    """In which units the answer may be for a response in this one; itself if the question names none of the kind."""
    found = [one for one in asked if one.kind == unit.kind]
    if found or unit.kind in _PURE:
        return found or [ONE]
    return [one for one, _ in _mentions(question) if one.kind == unit.kind] or [unit]


def _put(numeral: Numeral, unit: Unit, other: Unit) -> Numeral:
    if unit == other:
        return numeral
    # Only of per cent is it plain to how many places they give a fraction.
    places = numeral.places + 2 if (unit, other) == (PERCENT, ONE) else 0
    return Numeral(numeral.value * unit.scale / other.scale, places)


def _comes_to(working: str, numeral: Numeral) -> bool:
    """Whether working before an equals sign, `5 x 8`, comes to the number after it, to the number's places."""
    try:
        tree = parse(normalised(re.sub(r"(?<=[0-9]) ?x ?(?=[0-9])", "*", working.strip(" :,")), mathematical=True))
        wanted = complex(float(numeral.value))
    except (NotMathematics, OverflowError):
        return False
    found = None if variables(tree) else value(tree, {})
    if found is None:
        return False
    return close(found, wanted) or (numeral.places > 0 and abs(found - wanted) <= 0.5 * 10**-numeral.places)
