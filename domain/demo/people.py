"""Who is who, and what they want."""

from dataclasses import dataclass

from domain.assignments import AssignmentStatus
from domain.goals import GoalStatus, GoalType
from domain.users import LearningStyle
from domain.viewer import Role


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Someone with an account."""

    key: str
    role: Role
    name: str
    aims: tuple[str, ...] = ()
    style: LearningStyle = LearningStyle.MIXED
    nudges_a_day: int = 1
    rewards: tuple[str, ...] = ()
    disclaimer_shown: bool = True

    @property
    def email(self) -> str:
        """The address to ask for a token with."""
        return f"{self.key}@demo.test"


@dataclass(frozen=True, slots=True)
class DemoSubject:
    """A subject; `related` are keys of others."""

    key: str
    name: str
    category: str
    description: str
    related: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoAssignment:
    """A tutor's student."""

    tutor: str
    student: str
    subject: str | None
    since: int
    notes: str | None = None
    status: AssignmentStatus = AssignmentStatus.ACTIVE
    until: int | None = None


@dataclass(frozen=True, slots=True)
class DemoGoal:
    """Something to reach; `due` is in days from now."""

    key: str
    student: str
    by: str
    subject: str | None
    kind: GoalType
    title: str
    about: str
    percent: str
    """Where it began; what was done since is counted."""
    set_days: int
    due: int | None = None
    status: GoalStatus = GoalStatus.ACTIVE
    done_days: int | None = None
    confirmed: bool = True
    """Whether a tutor has said so too, once it is completed: until then it counts for nothing."""


PEOPLE = (
    DemoPerson(
        "student",
        Role.STUDENT,
        "Maya Lindqvist",
        aims=("Get to 680 in SAT Math", "Stop being afraid of word problems"),
        style=LearningStyle.VISUAL,
        nudges_a_day=2,
        rewards=("Picks the topic of the next session",),
    ),
    DemoPerson("tutor", Role.TUTOR, "Daniel Okafor"),
    DemoPerson("parent", Role.PARENT, "Ingrid Lindqvist"),
    DemoPerson("admin", Role.ADMIN, "Rosa Delgado"),
    DemoPerson("hannah", Role.TUTOR, "Hannah Weiss"),
    DemoPerson("karim", Role.PARENT, "Karim Haddad"),
    DemoPerson(
        "theo",
        Role.STUDENT,
        "Theo Lindqvist",
        aims=("Be ready for algebra next year",),
        style=LearningStyle.MIXED,
    ),
    DemoPerson(
        "aisha",
        Role.STUDENT,
        "Aisha Haddad",
        aims=("A 5 in AP Physics 1", "Build a weather balloon"),
        style=LearningStyle.TEXTUAL,
        rewards=("Chose the experiment of the month",),
    ),
    DemoPerson(
        "liam",
        Role.STUDENT,
        "Liam Byrne",
        aims=("Order lunch in Lyon without English",),
    ),
    DemoPerson(
        "sofia",
        Role.STUDENT,
        "Sofia Marchetti",
        aims=("Write an essay I like to read myself",),
        style=LearningStyle.TEXTUAL,
        disclaimer_shown=False,
    ),
)

SUBJECTS = (
    DemoSubject(
        "algebra",
        "Algebra",
        "Math",
        "Equations, inequalities and functions, from one unknown to quadratics.",
        ("geometry", "sat_math"),
    ),
    DemoSubject("geometry", "Geometry", "Math", "Figures, angles, areas and proof.", ("algebra", "sat_math")),
    DemoSubject("sat_math", "SAT Math", "Test Prep", "The mathematics of the SAT and how it asks.", ("algebra",)),
    DemoSubject(
        "chemistry", "Chemistry", "Science", "Matter, its structure and its reactions.", ("physics", "algebra")
    ),
    DemoSubject("physics", "Physics", "Science", "Motion, forces, energy and waves.", ("algebra", "chemistry")),
    DemoSubject("essay", "Essay Writing", "Humanities", "A claim, its reasons, and a reader to convince.", ("french",)),
    DemoSubject("french", "French", "Languages", "Speaking, reading and writing French.", ("essay",)),
)

ASSIGNMENTS = (
    DemoAssignment(
        "tutor",
        "student",
        None,
        since=120,
        notes="Strong when she draws the problem first. Rushes signs. Let her say what the unknown means before she "
        "writes anything.",
    ),
    DemoAssignment("tutor", "theo", "algebra", since=60, notes="Short attention in the evening; start with a puzzle."),
    DemoAssignment("tutor", "aisha", "physics", since=200, notes="Far ahead. Ask for derivations, not answers."),
    DemoAssignment(
        "tutor",
        "liam",
        "geometry",
        since=150,
        until=30,
        status=AssignmentStatus.COMPLETED,
        notes="Passed the geometry exam; nothing open.",
    ),
    DemoAssignment(
        "hannah",
        "student",
        "essay",
        since=90,
        notes="Thinks faster than she writes; record her talking, then quote her back to herself.",
    ),
    DemoAssignment("hannah", "sofia", "essay", since=45),
    DemoAssignment("hannah", "liam", "french", since=100, notes="Understands much more than he dares to say."),
    DemoAssignment("hannah", "theo", "french", since=80, status=AssignmentStatus.PAUSED),
)

LINKS = (("parent", "student"), ("parent", "theo"), ("karim", "aisha"))

GOALS = (
    DemoGoal(
        "quadratics",
        "student",
        "tutor",
        "algebra",
        GoalType.GENERAL,
        "Solve quadratic equations three ways",
        "By factoring, by completing the square and by the formula, and know which one a problem asks for.",
        "35.00",
        set_days=60,
        due=30,
    ),
    DemoGoal(
        "sat680",
        "student",
        "student",
        "sat_math",
        GoalType.SAT,
        "680 in SAT Math",
        "The last practice test was 610.",
        "20.00",
        set_days=80,
        due=95,
    ),
    DemoGoal(
        "moles",
        "student",
        "tutor",
        "chemistry",
        GoalType.GENERAL,
        "Balance and weigh any simple reaction",
        "From words to a balanced equation to grams.",
        "30.00",
        set_days=40,
        due=20,
    ),
    DemoGoal(
        "argument",
        "student",
        "hannah",
        "essay",
        GoalType.GENERAL,
        "An essay with one claim",
        "Two pages that a stranger could retell in a sentence.",
        "0.00",
        set_days=85,
        due=-10,
        status=GoalStatus.COMPLETED,
        done_days=12,
    ),
    DemoGoal(
        "every_day",
        "student",
        "student",
        None,
        GoalType.GENERAL,
        "Ten minutes every day",
        "Any subject counts.",
        "40.00",
        set_days=30,
    ),
    DemoGoal(
        "fractions",
        "theo",
        "tutor",
        "algebra",
        GoalType.GENERAL,
        "Fractions without fear",
        "Add, compare and cancel them, and see them on a line.",
        "40.00",
        set_days=50,
        due=14,
    ),
    DemoGoal(
        "ap_physics",
        "aisha",
        "aisha",
        "physics",
        GoalType.AP,
        "A 5 in AP Physics 1",
        "The exam is in spring.",
        "50.00",
        set_days=190,
        due=160,
    ),
    DemoGoal(
        "free_fall",
        "aisha",
        "aisha",
        "physics",
        GoalType.GENERAL,
        "Free fall without a formula sheet",
        "Say how far and how fast, from one picture.",
        "70.00",
        set_days=45,
        status=GoalStatus.COMPLETED,
        done_days=1,
        confirmed=False,
    ),
    DemoGoal(
        "lunch",
        "liam",
        "hannah",
        "french",
        GoalType.GENERAL,
        "Order lunch in French",
        "From bonjour to the bill, with one joke.",
        "20.00",
        set_days=95,
        due=60,
    ),
    DemoGoal(
        "proofs",
        "liam",
        "tutor",
        "geometry",
        GoalType.GENERAL,
        "Two-column proofs",
        "Congruent triangles.",
        "0.00",
        set_days=140,
        status=GoalStatus.COMPLETED,
        done_days=31,
    ),
    DemoGoal(
        "novel",
        "liam",
        "liam",
        None,
        GoalType.GENERAL,
        "Read a French novel",
        "Too much at once; later.",
        "5.00",
        set_days=90,
        status=GoalStatus.PAUSED,
    ),
    DemoGoal(
        "own_voice",
        "sofia",
        "hannah",
        "essay",
        GoalType.GENERAL,
        "One page a week",
        "About anything, read aloud in the session.",
        "5.00",
        set_days=40,
        due=50,
    ),
)
