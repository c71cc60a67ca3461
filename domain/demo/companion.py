"""What students asked, what reminded them, and what tutors put right."""

from dataclasses import dataclass

from domain.nudge_rules import Reason
from domain.nudges import NudgeChannel, NudgeType
from domain.overrides import AnswerContent, OverrideContent, OverrideType, PracticeContent, SummaryContent
from domain.questions import AnswerOutcome, Confidence


@dataclass(frozen=True, slots=True)
class DemoQuestion:
    """A question and its answer; `reply` is a tutor's own, `reply_days` when they gave it."""

    key: str
    student: str
    days: int
    query: str
    answer: str
    confidence: Confidence
    score: str
    subjects: tuple[str, ...]
    escalated_to: str | None = None
    reply: str | None = None
    reply_days: int = 0
    suggested: bool = False
    unclear: bool = False
    out_of_scope: bool = False

    @property
    def outcome(self) -> AnswerOutcome:
        """What the companion made of it."""
        if self.unclear:
            return AnswerOutcome.CLARIFICATION
        return AnswerOutcome.OUT_OF_SCOPE if self.out_of_scope else AnswerOutcome.ANSWERED


@dataclass(frozen=True, slots=True)
class DemoNudge:
    """A message; opened and clicked so many hours after it was sent, or never."""

    key: str
    to: str
    days: int
    kind: NudgeType
    channel: NudgeChannel
    message: str
    why: str
    suggestions: tuple[str, ...] = ()
    opened: int | None = None
    clicked: int | None = None

    @property
    def reason(self) -> Reason:
        """What the rules call its occasion."""
        return {
            NudgeType.CROSS_SUBJECT: Reason.GOAL_REACHED,
            NudgeType.LOGIN: Reason.CAME_BACK,
            NudgeType.INACTIVITY: Reason.AWAY,
        }[self.kind]


@dataclass(frozen=True, slots=True)
class DemoWithheld:
    """A nudge that was not sent, decided so many times on that day."""

    to: str
    days: int
    kind: NudgeType
    reason: Reason
    times: int


@dataclass(frozen=True, slots=True)
class DemoOverride:
    """A correction of the session's summary, practice or question with that key; it says `after` now, or again what
    it said `before` if the override was reverted."""

    key: str
    tutor: str
    kind: OverrideType
    target: str
    subject: str
    days: int
    action: str
    reason: str
    before: OverrideContent | None = None
    """Of a summary None: what the companion wrote."""
    reverted: bool = False
    after: OverrideContent | None = None
    """Of a summary, and a reverted one; what the target says, where None."""


QUESTIONS = (
    DemoQuestion(
        "why-corner",
        "student",
        27,
        "Why do I have to add 9 when I complete the square of x² + 6x?",
        "Picture x² as a square with a strip of 3x on two of its sides. What shape is missing to make it one big "
        "square, and how large is it?",
        Confidence.HIGH,
        "0.94",
        ("Algebra",),
    ),
    DemoQuestion(
        "which-tool",
        "student",
        12,
        "How do I know whether to factor or to use the formula?",
        "Try for ten seconds to find two whole numbers with the right product and sum. If none come to mind, the "
        "discriminant tells you whether looking longer can help.",
        Confidence.HIGH,
        "0.88",
        ("Algebra", "SAT Math"),
    ),
    DemoQuestion(
        "limiting",
        "student",
        6,
        "If I have 10 g of hydrogen and 10 g of oxygen, how much water do I get?",
        "One of them runs out first. Count the moles of each and compare with the balanced equation: which is the "
        "shorter supply?",
        Confidence.MEDIUM,
        "0.68",
        ("Chemistry",),
    ),
    DemoQuestion(
        "mass-defect",
        "student",
        2,
        "Where does the mass go when the sun makes helium?",
        "I am not sure that I can explain this well at the level of your course. Your tutor can.",
        Confidence.LOW,
        "0.31",
        ("Chemistry", "Physics"),
        escalated_to="tutor",
        suggested=True,
    ),
    DemoQuestion(
        "friday",
        "student",
        18,
        "Can you write my essay for Friday?",
        "That one is yours to write. Tell me what you want a reader to believe at the end, and I will ask questions.",
        Confidence.HIGH,
        "0.97",
        ("Essay Writing",),
        out_of_scope=True,
    ),
    DemoQuestion(
        "divide",
        "theo",
        9,
        "why does dividing make it bigger",
        "Do you mean dividing by a fraction, such as 6 divided by one half? If so: how many halves fit into 6?",
        Confidence.MEDIUM,
        "0.55",
        ("Algebra",),
        unclear=True,
    ),
    DemoQuestion(
        "air-drag",
        "aisha",
        15,
        "Is the pendulum's period really independent of the amplitude?",
        "Only nearly, for small amplitudes. At 90 degrees the period is about 18 percent longer.",
        Confidence.HIGH,
        "0.91",
        ("Physics",),
    ),
    DemoQuestion(
        "balloon",
        "aisha",
        7,
        "How large must a helium balloon be to carry one kilogram to 10 km?",
        "It depends on the density of the air up there and on the skin of the balloon; I am unsure about both.",
        Confidence.LOW,
        "0.38",
        ("Physics",),
        escalated_to="tutor",
        reply="At 10 km the air has about a third of its density at sea level, roughly 0.41 kg per cubic metre. Work "
        "out the lift of one cubic metre of helium there, and do not forget that the skin weighs something too. "
        "Bring your numbers on Thursday.",
        reply_days=6,
        suggested=True,
    ),
    DemoQuestion(
        "subjunctive",
        "liam",
        5,
        "Do I need the subjunctive in a restaurant?",
        "Hardly ever. The conditional, as in je voudrais, does all the polite work.",
        Confidence.MEDIUM,
        "0.72",
        ("French",),
    ),
    DemoQuestion(
        "semicolon",
        "sofia",
        4,
        "When do I use a semicolon?",
        "Between two complete sentences that belong together more closely than a full stop would say. What are the two "
        "sentences in your case?",
        Confidence.HIGH,
        "0.90",
        ("Essay Writing",),
    ),
)

NUDGES = (
    DemoNudge(
        "maya-away",
        "student",
        45,
        NudgeType.INACTIVITY,
        NudgeChannel.BOTH,
        "Three days without a problem. Ten minutes today?",
        "Away for 3 days",
        opened=20,
    ),
    DemoNudge(
        "maya-back",
        "student",
        25,
        NudgeType.LOGIN,
        NudgeChannel.IN_APP,
        "Good to have you back. The square of last time still lacks its corner.",
        "Back after 3 days",
        opened=1,
        clicked=1,
    ),
    DemoNudge(
        "maya-french",
        "student",
        11,
        NudgeType.CROSS_SUBJECT,
        NudgeChannel.IN_APP,
        "You reached “An essay with one claim”. French is a place to make claims as well: curious?",
        "Reached: An essay with one claim",
        ("French",),
        opened=2,
    ),
    DemoNudge(
        "maya-again",
        "student",
        4,
        NudgeType.LOGIN,
        NudgeChannel.IN_APP,
        "Good to see you again. The formula is waiting, and it has two solutions.",
        "Back after 3 days",
        opened=1,
        clicked=1,
    ),
    DemoNudge(
        "theo-fractions",
        "theo",
        3,
        NudgeType.INACTIVITY,
        NudgeChannel.IN_APP,
        "A puzzle with thirds is waiting for you.",
        "Away for 3 days",
    ),
    DemoNudge(
        "aisha-back",
        "aisha",
        9,
        NudgeType.LOGIN,
        NudgeChannel.IN_APP,
        "Welcome back. There is a harder one today, if you like.",
        "Back after 5 days",
        opened=3,
        clicked=3,
    ),
    DemoNudge(
        "liam-proofs",
        "liam",
        30,
        NudgeType.CROSS_SUBJECT,
        NudgeChannel.EMAIL,
        "You reached “Two-column proofs”. Algebra proves things too: shall we?",
        "Reached: Two-column proofs",
        (
            "Algebra",
            "SAT Math",
        ),
        opened=30,
    ),
    DemoNudge(
        "liam-prices",
        "liam",
        16,
        NudgeType.INACTIVITY,
        NudgeChannel.BOTH,
        "Read one price aloud in French before dinner.",
        "Away for 14 days",
        opened=5,
    ),
    DemoNudge(
        "sofia-page",
        "sofia",
        13,
        NudgeType.INACTIVITY,
        NudgeChannel.EMAIL,
        "The page of this week is still white. One sentence is enough to begin.",
        "Away for 14 days",
    ),
)

WITHHELD = (
    DemoWithheld("student", 11, NudgeType.INACTIVITY, Reason.NOT_DUE, 96),
    DemoWithheld("student", 4, NudgeType.CROSS_SUBJECT, Reason.DUPLICATE, 96),
    DemoWithheld("theo", 3, NudgeType.LOGIN, Reason.NOT_DUE, 96),
    DemoWithheld("sofia", 2, NudgeType.LOGIN, Reason.QUIET_HOURS, 54),
)

OVERRIDES = (
    DemoOverride(
        "factoring-summary",
        "tutor",
        OverrideType.SUMMARY,
        "maya-factoring",
        "algebra",
        41,
        "changed narrative, next steps",
        "It retells the lesson; this says what she can do now.",
        after=SummaryContent(
            "Maya factors quadratics with leading coefficient one safely. She first read the solutions off the "
            "brackets with the wrong sign, found the mistake by putting the number back, and named the reason herself.",
            ("Put every solution back into the equation.", "Five quadratics in which the middle term is negative."),
            ("Algebra",),
        ),
    ),
    DemoOverride(
        "projectile-practice",
        "tutor",
        OverrideType.PRACTICE,
        "maya-12",
        "algebra",
        1,
        "changed question, answer, explanation",
        "It did not say which of the two times it wants.",
        PracticeContent(
            "A ball's height in metres after t seconds is 20t - 5t². At what time, in seconds, is it 15 m up?",
            "1",
            "20t - 5t² = 15 gives t = 1.",
            5,
        ),
    ),
    DemoOverride(
        "limiting-answer",
        "tutor",
        OverrideType.QA_ANSWER,
        "limiting",
        "chemistry",
        5,
        "changed answer",
        "It gave the result away, and a wrong one.",
        AnswerContent("You get 20 grams of water, since nothing is lost."),
    ),
    DemoOverride(
        "claim-summary",
        "hannah",
        OverrideType.SUMMARY,
        "maya-claim",
        "essay",
        55,
        "changed narrative",
        "Tried to make it shorter.",
        reverted=True,
        after=SummaryContent(
            "Maya found her claim.",
            ("Write the head teacher's paragraph as fairly as you can.",),
            ("Essay Writing",),
        ),
    ),
)
