"""Where a session ended, and what is left to do from there: the last sentence of an account, and its next steps."""

from dataclasses import dataclass

from domain.companion.claims import Claim
from domain.companion.extracts import (
    AGREES,
    ASKS_TO_DO,
    CORRECTS,
    DISAGREES,
    GOES,
    SLIP,
    Pairs,
    Said,
    Session,
    conclusion,
    first_that_stands,
    has_substance,
    narrative,
    quote,
    step,
    tells,
    told_as,
    word_pair_in,
)
from domain.companion.numbers import numbers
from domain.companion.speech_acts import approves
from domain.transcripts import Speaker

MOST_STEPS = 3


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a session ended."""

    told: list[Claim]
    said: list[Said]
    """What that is told from, the student's answer first."""
    agreed: bool
    """Whether the tutor said that the answer was right."""


def how_it_ended(session: Session) -> Ending:
    """What came last: the answer that the tutor agreed with, a leaving, or whatever tells something."""
    tail = session.numbers[-5:]
    for answered in reversed([number for number in tail if session.turns[number].speaker is Speaker.STUDENT]):
        after = answered + 1
        if after not in tail or not approves(session.turns[after]):
            continue
        agreeing = [
            said for said in session.said[after] if AGREES.search(said.text) and not DISAGREES.search(said.text)
        ]
        answer = conclusion(session, answered)
        if answer and agreeing and not answer.asks and (tells(answer) or numbers(answer.text)):
            agreed = ("The tutor agreed", quote(agreeing[0]))
            choices = [
                narrative(told_as((words, quote(answer, tail=True)), agreed), answered, after)
                for words in ("In the end the student said", "The student said")
            ]
            return Ending([first_that_stands(session, *choices)], [answer, agreeing[0]], agreed=True)
    for number in reversed(tail[-2:]):
        leaving = next((said for said in session.said[number] if GOES.search(said.text)), None)
        if leaving and leaving.speaker is Speaker.STUDENT:
            told = narrative(f"It broke off when the student said: {quote(leaving)}", number)
            return Ending([told], [leaving], agreed=False)
    for number in reversed(tail[-2:]):
        last = session.best(number, last=True, among=[said for said in session.said[number] if tells(said)])
        if last is not None:
            words = f"the {last.speaker} {'asked' if last.asks else 'said'}: {quote(last)}"
            choices = [narrative(text, number) for text in (f"At the end {words}", f"T{words[1:]}")]
            return Ending([first_that_stands(session, *choices)], [last], agreed=False)
        if session.turns[number].speaker is Speaker.STUDENT and has_substance(session.turns[number].text):
            break  # an answer that says little by itself is told as one
    return Ending([], [], agreed=False)


def next_steps(session: Session, pairs: Pairs, ending: Ending) -> list[Claim]:
    """What to do next, the most needful first; always something. `session` has something said in it."""
    steps = [] if pairs else steps_asked_for(session)
    if pairs:
        listed = "; ".join(f"“{known}” – “{new}”" for known, new in list(pairs)[:6])
        steps.append(step(f"Learn the words that the tutor gave: {listed}", *list(pairs.values())[:6]))
    left = None if ending.agreed else _left_open(session, pairs)
    if left is not None and left.turn not in {number for each in steps for number in each.turns}:
        lead = "Come back to the tutor's question" if left.asks else "Go over this again in the tutor's words"
        steps.append(step(f"{lead}: {quote(left)}", left.turn))
    put_right = turned_on(session, ending)
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


def steps_asked_for(session: Session) -> list[Claim]:
    """What the tutor asked to be done later."""
    for number in reversed(session.of(Speaker.TUTOR)[-6:]):
        asked = next((said for said in session.said[number] if ASKS_TO_DO.search(said.text)), None)
        said = asked if asked is None or tells(asked) else session.best(number)
        if said is not None and tells(said):
            return [step(f"Keep to what the tutor said: {quote(said)}", number)]
    return []


def turned_on(session: Session, ending: Ending) -> Said | None:
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
        replied = number + 1 in session.numbers and has_substance(session.turns[number + 1].text)
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
