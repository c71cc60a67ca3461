"""The practice bank, and what of it has been assigned and solved."""

from dataclasses import dataclass

from domain.practice import AnswerType

_CHOICE, _NUMBER = AnswerType.MULTIPLE_CHOICE, AnswerType.NUMERIC
_EXPRESSION, _TEXT = AnswerType.MATH_EXPRESSION, AnswerType.FREE_TEXT


@dataclass(frozen=True, slots=True)
class DemoItem:
    """A question of the bank; `by` is the tutor who wrote it."""

    key: str
    by: str
    subject: str
    level: int
    kind: AnswerType
    question: str
    answer: str
    explanation: str
    topics: tuple[str, ...]
    goals: tuple[str, ...] = ("General",)
    choices: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class DemoWritten:
    """A question that the companion wrote for one student."""

    subject: str
    level: int
    question: str
    answer: str
    explanation: str


@dataclass(frozen=True, slots=True)
class DemoPractice:
    """A question that a student is to answer, or has answered: an item's key, or one that was written for them."""

    key: str
    student: str
    content: str | DemoWritten
    days: int
    done: int | None = None
    score: str = "1.00"
    response: str | None = None
    flagged: bool = False


ITEMS = (
    DemoItem(
        "tickets",
        "tutor",
        "algebra",
        3,
        _NUMBER,
        "An adult's ticket costs 5 more than a child's. Three adults and two children pay 90. What does a child pay?",
        "15",
        "Let c be the child's price. Then 3(c + 5) + 2c = 90, so 5c = 75 and c = 15.",
        ("Word problems",),
    ),
    DemoItem(
        "factor-6",
        "tutor",
        "algebra",
        4,
        _CHOICE,
        "Which numbers solve x² - x - 6 = 0?",
        "-2 and 3",
        "The equation is (x + 2)(x - 3) = 0, and a product vanishes when one of its brackets does.",
        ("Quadratic equations", "Factoring"),
        choices=("2 and -3", "-2 and 3", "-1 and 6", "1 and -6"),
    ),
    DemoItem(
        "complete-square",
        "tutor",
        "algebra",
        6,
        _EXPRESSION,
        "Write x² + 10x + 4 as a square and a number.",
        "(x + 5)² - 21",
        "Half of 10 is 5, and (x + 5)² = x² + 10x + 25. That is 21 too many.",
        ("Quadratic equations", "Completing the square"),
    ),
    DemoItem(
        "discriminant",
        "tutor",
        "algebra",
        5,
        _CHOICE,
        "How many real solutions has 3x² + 2x + 1 = 0?",
        "None",
        "The discriminant is 2² - 4 · 3 · 1 = -8. It is negative, so the parabola never meets the axis.",
        ("Quadratic equations", "Discriminant"),
        choices=("None", "One", "Two"),
    ),
    DemoItem(
        "formula",
        "tutor",
        "algebra",
        7,
        _TEXT,
        "Solve 2x² - 5x + 1 = 0. Leave the root as it is.",
        "x = (5 ± √17) / 4",
        "b² - 4ac = 25 - 8 = 17, and 2a = 4.",
        ("Quadratic equations",),
    ),
    DemoItem(
        "highest-point",
        "tutor",
        "algebra",
        8,
        _NUMBER,
        "A stone's height in metres after t seconds is 30t - 5t². How many metres is it up at its highest?",
        "45",
        "It leaves at 0 s and lands at 6 s, so it is highest at 3 s: 90 - 45 = 45.",
        ("Quadratic equations", "Modelling"),
    ),
    DemoItem(
        "fraction-sum",
        "tutor",
        "algebra",
        2,
        _CHOICE,
        "What is 1/4 + 2/3?",
        "11/12",
        "In twelfths: 3/12 + 8/12 = 11/12. It has to be less than 1, because 2/3 lacks 1/3 and 1/4 is less than that.",
        ("Fractions",),
        choices=("3/7", "3/12", "11/12", "1"),
    ),
    DemoItem(
        "fraction-compare",
        "tutor",
        "algebra",
        1,
        _CHOICE,
        "Which is larger, 3/5 or 4/7?",
        "3/5",
        "In thirty-fifths: 21/35 and 20/35.",
        ("Fractions", "Number line"),
        choices=("3/5", "4/7", "They are equal"),
    ),
    DemoItem(
        "angle-sum",
        "tutor",
        "geometry",
        3,
        _NUMBER,
        "Two angles of a triangle are 48° and 67°. How many degrees has the third?",
        "65",
        "The three make 180: 180 - 48 - 67 = 65.",
        ("Triangles",),
    ),
    DemoItem(
        "sat-expression",
        "tutor",
        "sat_math",
        5,
        _NUMBER,
        "If 2x + 3 = 11, what is the value of 6x + 9?",
        "33",
        "6x + 9 is three times 2x + 3, so it is 33. There is no need to know x.",
        ("Linear functions", "Reading the question"),
        goals=("SAT",),
    ),
    DemoItem(
        "sat-percent",
        "tutor",
        "sat_math",
        6,
        _CHOICE,
        "A price rises by 20 % and then falls by 20 %. What is it then, compared with the first price?",
        "4 % lower",
        "1.2 · 0.8 = 0.96. The second 20 % are taken from a larger price.",
        ("Percentages",),
        goals=("SAT",),
        choices=("The same", "4 % lower", "4 % higher", "2 % lower"),
    ),
    DemoItem(
        "propane",
        "tutor",
        "chemistry",
        4,
        _TEXT,
        "Balance the burning of propane: C₃H₈ + O₂ → CO₂ + H₂O.",
        "C₃H₈ + 5 O₂ → 3 CO₂ + 4 H₂O",
        "Three carbons give 3 CO₂, eight hydrogens 4 H₂O. That needs 6 + 4 = 10 oxygens, so 5 O₂.",
        ("Balancing equations",),
    ),
    DemoItem(
        "water-from-hydrogen",
        "tutor",
        "chemistry",
        6,
        _NUMBER,
        "How many grams of water come from burning 4 grams of hydrogen? (H = 1, O = 16)",
        "36",
        "4 g of H₂ are 2 mol, which give 2 mol of water of 18 g each.",
        ("Moles",),
    ),
    DemoItem(
        "pendulum-angle",
        "tutor",
        "physics",
        8,
        _NUMBER,
        "From how many degrees must a pendulum start so that the string bears twice the weight at the lowest point?",
        "60",
        "The tension is mg(3 - 2 cos θ). It is 2mg when cos θ = 1/2.",
        ("Energy", "Pendulum"),
        goals=("AP",),
    ),
    DemoItem(
        "string-tension",
        "tutor",
        "physics",
        7,
        _CHOICE,
        "A string is pulled four times as hard. What happens to its lowest note?",
        "It rises by an octave",
        "Waves on it run √4 = 2 times as fast and the wavelength stays, so the frequency doubles.",
        ("Waves",),
        goals=("AP",),
        choices=("It rises by an octave", "It rises by two octaves", "It stays", "It falls by an octave"),
    ),
    DemoItem(
        "ramp",
        "tutor",
        "physics",
        6,
        _CHOICE,
        "A box slides down a ramp at constant speed. What is the net force on it?",
        "Zero",
        "Constant velocity means no acceleration, and so no net force.",
        ("Forces",),
        goals=("AP",),
        choices=("Down the ramp", "Up the ramp", "Zero", "Into the ramp"),
    ),
    DemoItem(
        "claim-or-topic",
        "hannah",
        "essay",
        3,
        _CHOICE,
        "Which of these is a claim?",
        "Homework widens the gap between rich and poor.",
        "A claim is something that a reader can disagree with.",
        ("Claim and topic",),
        choices=(
            "Homework in primary schools.",
            "Homework widens the gap between rich and poor.",
            "What is homework?",
        ),
    ),
    DemoItem(
        "politeness",
        "hannah",
        "french",
        2,
        _TEXT,
        "Ask politely for a coffee in French.",
        "Je voudrais un café, s'il vous plaît.",
        "Je voudrais asks; je veux demands.",
        ("Ordering",),
    ),
    DemoItem(
        "seventy-five",
        "hannah",
        "french",
        3,
        _CHOICE,
        "What is 75 in French?",
        "soixante-quinze",
        "Seventy-five is said as sixty and fifteen.",
        ("Numbers",),
        choices=("soixante-cinq", "soixante-quinze", "quatre-vingt-cinq"),
    ),
    DemoItem(
        "old-uniforms",
        "hannah",
        "essay",
        4,
        _TEXT,
        "Write one sentence against school uniforms that their friends could accept.",
        "One that names a real advantage of uniforms before its doubt.",
        "Replaced by a better task; kept for those who have solved it.",
        ("Claim and topic",),
        active=False,
    ),
)

PRACTICE = (
    DemoPractice("maya-1", "student", "tickets", 62, 61, response="15"),
    DemoPractice("maya-2", "student", "factor-6", 41, 40, "0.00", "2 and -3"),
    DemoPractice("maya-3", "student", "fraction-sum", 40, 40, response="11/12"),
    DemoPractice("maya-4", "student", "complete-square", 27, 25, response="(x+5)² - 21"),
    DemoPractice("maya-5", "student", "propane", 34, 33, "0.50", "C3H8 + 5 O2 → 3 CO2 + 8 H2O"),
    DemoPractice("maya-6", "student", "sat-expression", 20, 20, response="33"),
    DemoPractice("maya-7", "student", "discriminant", 13, 12, response="None"),
    DemoPractice(
        "maya-8", "student", "claim-or-topic", 50, 48, response="Homework widens the gap between rich and poor."
    ),
    DemoPractice("maya-9", "student", "water-from-hydrogen", 7),
    DemoPractice("maya-10", "student", "highest-point", 2),
    DemoPractice(
        "maya-11",
        "student",
        DemoWritten(
            "algebra",
            6,
            "A rectangle is 3 cm longer than it is wide and has an area of 40 cm². How wide is it, in centimetres?",
            "5",
            "w(w + 3) = 40 means w² + 3w - 40 = (w + 8)(w - 5) = 0, and a width is positive.",
        ),
        11,
        10,
        response="5",
    ),
    DemoPractice(
        "maya-12",
        "student",
        DemoWritten(
            "algebra",
            5,
            "A ball's height in metres after t seconds is 20t - 5t². At what time, in seconds, is it 15 m up on its "
            "way down?",
            "3",
            "20t - 5t² = 15 gives t² - 4t + 3 = 0, so t is 1 or 3; on the way down it is 3.",
        ),
        2,
    ),
    DemoPractice(
        "maya-13",
        "student",
        DemoWritten(
            "chemistry",
            5,
            "How many moles are in 100 grams of salt?",
            "1.7",
            "The molar mass of table salt is about 58.5 grams.",
        ),
        1,
        flagged=True,
    ),
    DemoPractice("maya-14", "student", "angle-sum", 56, 55, response="65"),
    DemoPractice("maya-15", "student", "factor-6", 31, 30, response="-2 and 3"),
    DemoPractice("maya-16", "student", "sat-percent", 19, 18, "0.00", "The same"),
    DemoPractice("maya-17", "student", "sat-percent", 15, 15, response="4 % lower"),
    DemoPractice("maya-18", "student", "fraction-compare", 9, 9, response="3/5"),
    DemoPractice("maya-19", "student", "formula", 8, 8, "0.00", "x = 2"),
    DemoPractice("maya-20", "student", "formula", 5, 4, response="x = (5 ± √17) / 4"),
    DemoPractice("maya-21", "student", "factor-6", 3, 3, response="-2 and 3"),
    DemoPractice("maya-22", "student", "discriminant", 2, 2, response="None"),
    DemoPractice("maya-23", "student", "tickets", 1, 1, response="15"),
    DemoPractice("theo-1", "theo", "fraction-compare", 37, 36, response="3/5"),
    DemoPractice("theo-2", "theo", "fraction-sum", 9, 8, "0.00", "3/7"),
    DemoPractice("theo-3", "theo", "tickets", 8),
    DemoPractice("aisha-1", "aisha", "ramp", 51, 51, response="Zero"),
    DemoPractice("aisha-2", "aisha", "pendulum-angle", 23, 22, response="60"),
    DemoPractice("aisha-3", "aisha", "string-tension", 4, 3, response="It rises by an octave"),
    DemoPractice(
        "aisha-4",
        "aisha",
        DemoWritten(
            "physics",
            9,
            "Two pendulums of 1 m and 4 m start together. After how many swings of the short one do they meet again at "
            "the start?",
            "2",
            "The period grows with the square root of the length, so the long one takes exactly twice as long.",
        ),
        3,
        flagged=True,
    ),
    DemoPractice("liam-1", "liam", "angle-sum", 58, 57, response="65"),
    DemoPractice("liam-2", "liam", "politeness", 32, 30, response="Je voudrais un café, s'il vous plaît"),
    DemoPractice("liam-3", "liam", "seventy-five", 3),
    DemoPractice(
        "sofia-1", "sofia", "old-uniforms", 30, 28, "0.80", "Uniforms save a morning's quarrel, but not shoes."
    ),
    DemoPractice("sofia-2", "sofia", "claim-or-topic", 5),
)
