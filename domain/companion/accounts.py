"""The account that the embedded engine gives of a session: which sentences, in which words around them."""

import re
from collections.abc import Sequence
from dataclasses import replace

from domain.companion.claims import Claim
from domain.companion.endings import MOST_STEPS, Ending, how_it_ended, next_steps, steps_asked_for, turned_on
from domain.companion.extracts import (
    CORRECTS,
    GOES,
    LONGEST_QUOTE,
    SEES,
    SLIP,
    STUCK,
    Pairs,
    Said,
    Session,
    conclusion,
    distinct,
    first_that_stands,
    has_substance,
    narrative,
    quote,
    step,
    tells,
    told_as,
    word_pair_in,
    word_pairs,
)
from domain.companion.numbers import numbers
from domain.companion.speech_acts import asks_to, directs, explains, faults, sees
from domain.companion.words import lettered_stems, lettered_words
from domain.transcripts import Speaker, Turn

LONG = 14
"""Turns from which on a session is told in more sentences."""

_ASIDE = re.compile(
    r"(?:additionally|also|for (?:example|instance)|furthermore|moreover|overall|in (?:addition|conclusion|summary))\b",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^(?:question|answer)\s*:\s*", re.IGNORECASE)


def account(turns: Sequence[Turn], *, brief: bool) -> list[Claim]:
    """What the turns tell: sentences of the account in their order, then next steps. [] where they tell nothing."""
    session = Session(turns)
    if not session.numbers:
        return []
    if _is_explaining(session) and (told := _explanations(session, brief)):
        return told
    return _exercises(session, brief)


def _is_explaining(session: Session) -> bool:
    """Whether the student asks and the tutor explains at length, rather than the student working."""
    tutor, student = session.of(Speaker.TUTOR), session.of(Speaker.STUDENT)
    asking = [number for number in student if any(said.asks for said in session.said[number])]
    explained = sum(len(session.turns[number].text.split()) for number in tutor)
    return bool(tutor) and len(asking) * 2 > len(student) and explained >= 25 * len(tutor)


# The student asks, the tutor explains


def _explanations(session: Session, brief: bool) -> list[Claim]:
    pairs: list[tuple[Said, Said]] = []
    for number in session.of(Speaker.STUDENT):
        asked = session.best(number, among=[said for said in session.said[number] if said.asks])
        told = _best_answer(session, asked) if asked else None
        if asked and told:
            pairs.append((asked, told))
    strongest = sorted(pairs, key=lambda pair: -pair[1].weight)
    answers = list(distinct((told for _, told in strongest), ()))[: 2 if brief else 4]
    chosen = [pair for pair in pairs if pair[1] in answers]
    account_of = [
        narrative(told_as(("The student asked", _question(asked)), _answering(asked, told)), asked.turn, told.turn)
        for asked, told in chosen
    ]
    steps = steps_asked_for(session)
    for asked, told in [pair for pair in strongest if pair in chosen][: 1 if brief else 2]:
        steps.append(step(f"Answer this from memory, then compare: {_question(asked)}", asked.turn, told.turn))
    return _joined(account_of) + steps[:MOST_STEPS]


def _best_answer(session: Session, asked: Said) -> Said | None:
    """The sentence of the next turn that answers most directly: early, and in the words of the question."""
    after = session.said.get(asked.turn + 1, [])
    if not after or after[0].speaker is not Speaker.TUTOR:
        return None
    wanted = set(lettered_stems(asked.text))

    def directness(place: int) -> float:
        said = after[place]
        aside = 3.0 if _ASIDE.match(said.text) else 0.0
        return len(wanted & set(lettered_stems(said.text))) + said.weight / 2 - place - aside

    return after[max(range(len(after)), key=directness)]


def _question(asked: Said) -> str:
    return quote(_LABEL.sub("", asked.text))


def _answering(asked: Said, told: Said) -> tuple[str, str]:
    """An answer in quotation marks; of a long one that begins by repeating the question, its end."""
    head = lettered_stems(told.text[:LONGEST_QUOTE])
    repeated = sum(stem in lettered_stems(asked.text) for stem in head)
    verb = "explained" if explains(told.text) else "answered"
    return f"The tutor {verb}", quote(told, tail=repeated * 2 > len(head), longest=LONGEST_QUOTE + 50)


# The student works, the tutor leads


def _exercises(session: Session, brief: bool) -> list[Claim]:
    ending = how_it_ended(session)
    taken = list(ending.said)
    opening = _opening(session, taken)
    taken += [said for said, _ in opening]
    first = _first_attempt(session, taken, after=opening[0][0].turn if opening else 0)
    taken += [said for said, _ in first]
    pairs = word_pairs(session)
    most = 1 if brief else (3 if len(session.turns) < LONG else 4)
    put_right = _correction(session, first[0][0].turn) if first else None
    middle = _middle(session, taken, most, pairs, put_right)
    told = [claim for _, claim in (*opening, *first)] + _words_given(pairs) + middle
    told.sort(key=lambda claim: claim.turns[0])
    steps = next_steps(session, pairs, ending)[: 2 if brief else MOST_STEPS]
    told = sorted([*told, *ending.told], key=lambda claim: claim.turns[0])
    return [*_headline(session, ending, pairs), *_joined(told), *steps]


def _headline(session: Session, ending: Ending, pairs: Pairs) -> list[Claim]:
    """How it went, in one sentence, where the turns say so."""
    if not ending.agreed:
        return []
    settled = [said.turn for said in ending.said]
    plain = narrative("The student reached an answer that the tutor confirmed.", *settled)
    slip = None if pairs else turned_on(session, ending)
    if slip is None or slip.turn > settled[0]:
        return [plain]
    # What was put right is what the student said before.
    of = max((n for n in session.of(Speaker.STUDENT) if n < slip.turn), default=slip.turn)
    text = "A mistake was put right, and the student reached an answer that the tutor confirmed."
    return [first_that_stands(session, narrative(text, of, slip.turn, *settled), plain)]


def _opening(session: Session, taken: Sequence[Said]) -> list[tuple[Said, Claim]]:
    """What the session set out to do: the first thing that the tutor asked or set."""
    first = [
        said
        for number in session.numbers[:2]
        for said in session.said[number]
        if said.speaker is Speaker.TUTOR and said not in taken and len(lettered_words(said.text)) >= 3
    ]
    telling = [said for said in first if tells(said)] or first
    if not telling:
        return []
    said = max(telling, key=lambda each: (each.asks, each.weight))
    verb = "asked" if said.asks else ("began" if said.turn <= 2 else "said")
    return [(said, narrative(f"The tutor {verb}: {quote(said)}", said.turn))]


def _first_attempt(session: Session, taken: Sequence[Said], after: int) -> list[tuple[Said, Claim]]:
    """What the student could say at first."""
    turns = {said.turn for said in taken}
    for number in session.of(Speaker.STUDENT)[:3]:
        text = session.turns[number].text
        if number in turns or number < after or not has_substance(text) or GOES.search(text):
            continue
        stuck = next((said for said in session.said[number] if STUCK.search(said.text)), None)
        said = stuck or conclusion(session, number)
        if said is None:
            continue
        first = "The student was not sure at first" if stuck else "The student's first answer was"
        opening = (
            "The student asked" if said.asks else (first if _is_first_answer(session, number) else "The student said")
        )
        told = [f"{words}: {quote(said, tail=True)}" for words in (opening, "The student said")]
        return [(said, first_that_stands(session, *(narrative(text, number) for text in told)))]
    return []


def _is_first_answer(session: Session, number: int) -> bool:
    """Whether something was asked before, and nothing of what the student said before is left out."""
    before = session.whole[: number - 1]
    hidden = any(turn.speaker is Speaker.STUDENT and (not turn.text or directs(turn.text)) for turn in before)
    return not hidden and any(turn.speaker is Speaker.TUTOR and asks_to(turn.text) for turn in before)


def _correction(session: Session, answered: int) -> Said | None:
    """What the tutor said at once against an answer, which is not to be told without it."""
    after = answered + 1
    if after not in session.numbers or session.turns[after].speaker is not Speaker.TUTOR:
        return None
    if not faults(session.turns[after]):
        return None
    return session.best(after, among=[said for said in session.said[after] if not said.asks and tells(said)])


def _middle(session: Session, taken: Sequence[Said], most: int, pairs: Pairs, put_right: Said | None) -> list[Claim]:
    """What the session turned on: corrections and mistakes seen before explanations and questions.

    `put_right` is told in any case.
    """
    turns = {said.turn for said in taken}
    candidates = [
        said
        for number in session.numbers
        if number not in turns
        for said in session.said[number]
        if tells(said) and not (pairs and word_pair_in(said, pairs))
    ]
    candidates.sort(key=lambda said: (-said.weight - _turning(said), said.turn))
    chosen = [] if put_right is None or put_right in taken or put_right.turn in turns else [put_right]
    for said in distinct(candidates, [each.text for each in (*taken, *chosen)]):
        if len(chosen) >= most:
            break
        if said.turn in {each.turn for each in chosen}:
            continue
        # One piece of the student's reasoning will do.
        plain = said.speaker is Speaker.STUDENT and not SLIP.search(said.text)
        if not (plain and any(each.speaker is Speaker.STUDENT for each in chosen)):
            chosen.append(said)
    told: list[Claim] = []
    for said in sorted(chosen, key=lambda each: each.turn):
        if told and said.turn in told[-1].turns:
            continue
        reply = _reply_to(session, said, turns)
        openings = [(words, quote(said)) for words in (_opening_words(said), f"The {said.speaker} said")]
        if reply is None:
            choices = [narrative(told_as(opening), said.turn) for opening in openings]
        else:
            answer = ("The student answered", quote(reply, tail=True))
            choices = [narrative(told_as(opening, answer), said.turn, reply.turn) for opening in openings]
        told.append(first_that_stands(session, *choices))
    return told


def _turning(said: Said) -> float:
    """What a sentence is worth beyond its words."""
    if said.speaker is Speaker.TUTOR:
        return 5.0 if CORRECTS.search(said.text) else 2.0
    return 6.0 if SLIP.search(said.text) else (2.0 if SEES.search(said.text) else 0.0)


def _reply_to(session: Session, said: Said, taken: set[int]) -> Said | None:
    after = said.turn + 1
    if said.speaker is not Speaker.TUTOR or not said.asks or after in taken or after not in session.numbers:
        return None
    if session.turns[after].speaker is not Speaker.STUDENT or not has_substance(session.turns[after].text):
        return None
    reply = conclusion(session, after)
    return None if reply is None or reply.asks else reply


def _opening_words(said: Said) -> str:
    if said.speaker is Speaker.TUTOR:
        if said.asks:
            return "The tutor asked"
        if CORRECTS.search(said.text):
            return "The tutor pointed out"
        return "The tutor explained" if explains(said.text) else "The tutor said"
    if sees(said.text) and SLIP.search(said.text):
        return "The student noticed"
    if said.asks:
        return "The student asked"
    return "The student reasoned" if numbers(said.text) else "The student said"


def _words_given(pairs: Pairs) -> list[Claim]:
    if not pairs:
        return []
    listed = "; ".join(f"“{known}” is “{new}”" for known, new in list(pairs)[:8])
    return [narrative(f"The tutor gave these words: {listed}", *list(pairs.values())[:8])]


def _joined(claims: Sequence[Claim]) -> list[Claim]:
    """The account, where two sentences running that begin alike are told apart by `then`."""
    told: list[Claim] = []
    for claim in claims:
        opening = claim.text.partition(":")[0]
        again = bool(told) and opening.startswith("The ") and told[-1].text.partition(":")[0] == opening
        told.append(replace(claim, text=f"Then t{claim.text[1:]}") if again else claim)
    return told
