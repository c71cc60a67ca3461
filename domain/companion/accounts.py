"""The account that the embedded engine gives of a session: which sentences, in which words around them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain.companion.claims import Claim
from domain.companion.extracts import (
    AGREES,
    ASKS_TO_DO,
    CORRECTS,
    DISAGREES,
    LONGEST_QUOTE,
    SEES,
    SLIP,
    SMALL_TALK,
    STUCK,
    Said,
    Session,
    distinct,
    first_that_stands,
    narrative,
    quote,
    step,
    told_as,
    word_pairs,
)
from domain.companion.speech_acts import approves, asks_to, directs, explains, faults, own_words, sees
from domain.companion.text import bare, numbers, stems, words
from domain.transcripts import Speaker, Turn

MOST_STEPS = 3
LONG = 14
"""Turns from which on a session is told in more sentences."""

_GOES = re.compile(
    r"\b(?:(?:have|got|need) to (?:go|le+a?ve)|gtg|bye|see (?:you|ya)|be right back|brb)\b", re.IGNORECASE
)
_CONCLUDES = re.compile(r"=|\b(?:so|therefore|total|altogether|answer|final(?:ly)?|means)\b", re.IGNORECASE)
_ASIDE = re.compile(
    r"(?:additionally|also|for (?:example|instance)|furthermore|moreover|overall|in (?:addition|conclusion|summary))\b",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^(?:question|answer)\s*:\s*", re.IGNORECASE)

Pairs = Mapping[tuple[str, str], int]


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
    steps = _asked_steps(session)
    for asked, told in [pair for pair in strongest if pair in chosen][: 1 if brief else 2]:
        steps.append(step(f"Answer this from memory, then compare: {_question(asked)}", asked.turn, told.turn))
    return _joined(account_of) + steps[:MOST_STEPS]


def _best_answer(session: Session, asked: Said) -> Said | None:
    """The sentence of the next turn that answers most directly: early, and in the words of the question."""
    after = session.said.get(asked.turn + 1, [])
    if not after or after[0].speaker is not Speaker.TUTOR:
        return None
    wanted = set(stems(asked.text))

    def directness(place: int) -> float:
        said = after[place]
        aside = 3.0 if _ASIDE.match(said.text) else 0.0
        return len(wanted & set(stems(said.text))) + said.weight / 2 - place - aside

    return after[max(range(len(after)), key=directness)]


def _question(asked: Said) -> str:
    return quote(_LABEL.sub("", asked.text))


def _answering(asked: Said, told: Said) -> tuple[str, str]:
    """An answer in quotation marks; of a long one that begins by repeating the question, its end."""
    head = stems(told.text[:LONGEST_QUOTE])
    repeated = sum(stem in stems(asked.text) for stem in head)
    verb = "explained" if explains(told.text) else "answered"
    return f"The tutor {verb}", quote(told, tail=repeated * 2 > len(head), longest=LONGEST_QUOTE + 50)


# The student works, the tutor leads


@dataclass(frozen=True, slots=True)
class _Ending:
    """Where a session ended."""

    told: list[Claim]
    said: list[Said]
    """What that is told from, the student's answer first."""
    agreed: bool
    """Whether the tutor said that the answer was right."""


def _exercises(session: Session, brief: bool) -> list[Claim]:
    ending = _ending(session)
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
    steps = _steps(session, pairs, ending)[: 2 if brief else MOST_STEPS]
    told = sorted([*told, *ending.told], key=lambda claim: claim.turns[0])
    return [*_headline(session, ending, pairs), *_joined(told), *steps]


def _headline(session: Session, ending: _Ending, pairs: Pairs) -> list[Claim]:
    """How it went, in one sentence, where the turns say so."""
    if not ending.agreed:
        return []
    settled = [said.turn for said in ending.said]
    plain = narrative("The student reached an answer that the tutor confirmed.", *settled)
    slip = None if pairs else _put_right(session, ending)
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
        if said.speaker is Speaker.TUTOR and said not in taken and len(words(said.text)) >= 3
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
        if number in turns or number < after or not _has_substance(text) or _GOES.search(text):
            continue
        stuck = next((said for said in session.said[number] if STUCK.search(said.text)), None)
        said = stuck or _conclusion(session, number)
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


def _conclusion(session: Session, number: int) -> Said | None:
    """Where a turn comes to: its last sentence that concludes, or the one that says most."""
    said = session.said[number]
    concluding = [each for each in said if _CONCLUDES.search(each.text) and numbers(each.text)]
    return concluding[-1] if concluding else session.best(number, last=True)


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


def word_pair_in(said: Said, pairs: Pairs) -> bool:
    """Whether a sentence gives one of these words, which have a sentence of their own."""
    text = bare(said.text)
    return any(bare(known) in text and bare(new) in text for known, new in pairs)


def _turning(said: Said) -> float:
    """What a sentence is worth beyond its words."""
    if said.speaker is Speaker.TUTOR:
        return 5.0 if CORRECTS.search(said.text) else 2.0
    return 6.0 if SLIP.search(said.text) else (2.0 if SEES.search(said.text) else 0.0)


def _reply_to(session: Session, said: Said, taken: set[int]) -> Said | None:
    after = said.turn + 1
    if said.speaker is not Speaker.TUTOR or not said.asks or after in taken or after not in session.numbers:
        return None
    if session.turns[after].speaker is not Speaker.STUDENT or not _has_substance(session.turns[after].text):
        return None
    reply = _conclusion(session, after)
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


def _ending(session: Session) -> _Ending:
    tail = session.numbers[-5:]
    for answered in reversed([number for number in tail if session.turns[number].speaker is Speaker.STUDENT]):
        after = answered + 1
        if after not in tail or not approves(session.turns[after]):
            continue
        agreeing = [
            said for said in session.said[after] if AGREES.search(said.text) and not DISAGREES.search(said.text)
        ]
        answer = _conclusion(session, answered)
        if answer and agreeing and not answer.asks and (tells(answer) or numbers(answer.text)):
            agreed = ("The tutor agreed", quote(agreeing[0]))
            choices = [
                narrative(told_as((words, quote(answer, tail=True)), agreed), answered, after)
                for words in ("In the end the student said", "The student said")
            ]
            return _Ending([first_that_stands(session, *choices)], [answer, agreeing[0]], agreed=True)
    for number in reversed(tail[-2:]):
        leaving = next((said for said in session.said[number] if _GOES.search(said.text)), None)
        if leaving and leaving.speaker is Speaker.STUDENT:
            told = narrative(f"It broke off when the student said: {quote(leaving)}", number)
            return _Ending([told], [leaving], agreed=False)
    for number in reversed(tail[-2:]):
        last = session.best(number, last=True, among=[said for said in session.said[number] if tells(said)])
        if last is not None:
            words = f"the {last.speaker} {'asked' if last.asks else 'said'}: {quote(last)}"
            choices = [narrative(text, number) for text in (f"At the end {words}", f"T{words[1:]}")]
            return _Ending([first_that_stands(session, *choices)], [last], agreed=False)
        if session.turns[number].speaker is Speaker.STUDENT and _has_substance(session.turns[number].text):
            break  # an answer that says little by itself is told as one
    return _Ending([], [], agreed=False)


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


def _has_substance(text: str) -> bool:
    return bool(numbers(text)) or (bool(stems(text)) and len(words(text)) >= 2)


def tells(said: Said, least: int = 2) -> bool:
    """Whether a sentence still says something when it stands alone: two numbers, or so many words of its own."""
    figures = len(numbers(said.text)) >= 2
    return not SMALL_TALK.search(said.text) and (figures or len(set(own_words(said.text))) >= least)


# Next steps


def _steps(session: Session, pairs: Pairs, ending: _Ending) -> list[Claim]:
    steps = [] if pairs else _asked_steps(session)
    if pairs:
        listed = "; ".join(f"“{known}” – “{new}”" for known, new in list(pairs)[:6])
        steps.append(step(f"Learn the words that the tutor gave: {listed}", *list(pairs.values())[:6]))
    left = None if ending.agreed else _left_open(session, pairs)
    if left is not None and left.turn not in {number for each in steps for number in each.turns}:
        lead = "Come back to the tutor's question" if left.asks else "Go over this again in the tutor's words"
        steps.append(step(f"{lead}: {quote(left)}", left.turn))
    put_right = _put_right(session, ending)
    if put_right is not None and not (pairs and word_pair_in(put_right, pairs)):
        who = "student noticed" if put_right.speaker is Speaker.STUDENT else "tutor said"
        if put_right.turn not in {number for each in steps for number in each.turns}:
            lead = f"Do one more task of this kind alone, and mind what the {who}"
            steps.append(step(f"{lead}: {quote(put_right)}", put_right.turn))
    if ending.agreed and not steps and tells(ending.said[0]):
        lead = "Explain to somebody, aloud, how the student came to this"
        steps.append(step(f"{lead}: {quote(ending.said[0], tail=True)}", ending.said[0].turn))
    if not steps:
        led = session.of(Speaker.TUTOR) or session.numbers
        said = [each for number in led for each in session.said[number]]
        task = next((each for each in said if tells(each)), said[0])
        steps.append(step(f"Take it up again from here: {quote(task)}", task.turn))
    return steps


def _asked_steps(session: Session) -> list[Claim]:
    """What the tutor asked to be done later."""
    for number in reversed(session.of(Speaker.TUTOR)[-6:]):
        asked = next((said for said in session.said[number] if ASKS_TO_DO.search(said.text)), None)
        said = asked if asked is None or tells(asked) else session.best(number)
        if said is not None and tells(said):
            return [step(f"Keep to what the tutor said: {quote(said)}", number)]
    return []


def _put_right(session: Session, ending: _Ending) -> Said | None:
    """The correction or the slip that the session turned on."""
    found = [
        said
        for number in session.numbers
        for said in session.said[number]
        if said not in ending.said
        and not said.asks
        and tells(said)
        and (SLIP if said.speaker is Speaker.STUDENT else CORRECTS).search(said.text)
    ]
    return max(found, key=lambda said: said.weight, default=None)


def _left_open(session: Session, pairs: Pairs) -> Said | None:
    """The tutor's last question that got no answer; or else what the tutor said most tellingly, or last."""
    tutor = session.of(Speaker.TUTOR)
    for number in reversed(tutor[-2:]):
        replied = number + 1 in session.numbers and _has_substance(session.turns[number + 1].text)
        asked = [said for said in session.said[number] if said.asks and tells(said)]
        if asked and not replied:
            return asked[-1]
    told = [
        said
        for number in (tutor[-1:] if pairs else tutor)
        for said in session.said[number]
        if not said.asks and tells(said, 3) and not (pairs and word_pair_in(said, pairs))
    ]
    return max(told, key=lambda said: said.weight, default=None)
