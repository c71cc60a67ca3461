"""The school that operations are measured in: any number of students, the same rows each time.

A tutor has 20 students, a student 4 goals, 40 sessions with a summary each, 12 things to practise and 8 nudges. Some
tutors more have classes of other sizes, made of the first students, for the cost of size.
"""

import hashlib
from uuid import UUID

import psycopg

STUDENTS_OF_TUTOR = 20
SESSIONS_OF_STUDENT = 40
CLASSES = (1, 5, 20, 100, 500)
"""Students of the tutors with classes of their own."""

# Ids follow from names. Those of _STUDENTS are of students {first} up to before {end}.
_ONCE = """
insert into subjects (id, name)
select md5('subject-' || n)::uuid, 'Subject ' || n from generate_series(0, 9) as n;

insert into practice_bank_items (id, question_text, answer_text, explanation, subject_id, difficulty_level, created_at)
select
    md5('item-' || n)::uuid, 'What is ' || n || ' times ' || n % 13 || ', and how would you check it?',
    (n * (n % 13))::text, 'Multiply, then divide.', md5('subject-' || n % 10)::uuid, 1 + n % 10,
    timestamptz '2026-01-01 00:00Z' + n * interval '1 minute'
from generate_series(0, 199) as n;

insert into users (id, cognito_sub, email, role, display_name)
select md5('class-' || n)::uuid, 'class-' || n, 'class-' || n || '@school.test', 'tutor', 'Tutor of ' || n
from unnest(array[{classes}]) as n;

insert into tutor_student_assignments (tutor_id, student_id, assigned_at)
select md5('class-' || n)::uuid, md5('student-' || s)::uuid, timestamptz '2026-01-01 00:00Z' + s * interval '1 second'
from unnest(array[{classes}]) as n cross join generate_series(0, n - 1) as s;
""".format(classes=", ".join(map(str, CLASSES)))

_STUDENTS = """
insert into users (id, cognito_sub, email, role, display_name)
select
    md5('student-' || s)::uuid, 'student-' || s, 'student-' || lpad(s::text, 7, '0') || '@school.test', 'student',
    'Student ' || s
from generate_series({first}, {end} - 1) as s;

insert into users (id, cognito_sub, email, role, display_name)
select md5('tutor-' || t)::uuid, 'tutor-' || t, 'tutor-' || t || '@school.test', 'tutor', 'Tutor ' || t
from generate_series({first} / {class}, {end} / {class} - 1) as t;

insert into tutor_student_assignments (tutor_id, student_id, assigned_at)
select
    md5('tutor-' || s / {class})::uuid, md5('student-' || s)::uuid,
    timestamptz '2026-01-01 00:00Z' + s * interval '1 second'
from generate_series({first}, {end} - 1) as s;

insert into goals (
    id, student_id, subject_id, goal_type, title, description, completion_percentage, current_streak, xp_earned,
    target_completion_date, created_at
)
select
    md5('goal-' || s || '-' || n)::uuid, md5('student-' || s)::uuid, md5('subject-' || (s + n) % 10)::uuid, 'General',
    'Goal ' || n || ' of student ' || s, 'To be at home in all that the course has on it.', (s * 7 + n * 23) % 100,
    (s + n) % 30, s % 900, date '2026-06-01' + n, timestamptz '2026-01-01 00:00Z' + n * interval '1 day'
from generate_series({first}, {end} - 1) as s cross join generate_series(0, 3) as n;

insert into practice_assignments (id, student_id, source, bank_item_id, subject_id, difficulty_level, assigned_at)
select
    md5('practice-' || s || '-' || n)::uuid, md5('student-' || s)::uuid, 'bank',
    md5('item-' || (s * 17 + n * 5) % 200)::uuid, md5('subject-' || (s * 17 + n * 5) % 10)::uuid,
    1 + n % 10, timestamptz '2026-02-01 00:00Z' + n * interval '1 day'
from generate_series({first}, {end} - 1) as s cross join generate_series(0, 11) as n;

insert into nudges (id, user_id, type, channel, message, sent_at)
select
    md5('nudge-' || s || '-' || n)::uuid, md5('student-' || s)::uuid, 'inactivity', 'in_app',
    'It has been ' || n || ' days: shall we go on where you stopped?',
    timestamptz '2026-02-01 00:00Z' + n * interval '1 day'
from generate_series({first}, {end} - 1) as s cross join generate_series(0, 7) as n;

insert into sessions (
    id, student_id, tutor_id, session_date, duration_minutes, subject_id, transcript_available, topics_covered,
    created_at
)
select
    md5('session-' || s || '-' || n)::uuid, md5('student-' || s)::uuid, md5('tutor-' || s / {class})::uuid,
    timestamptz '2026-01-05 08:00Z' + n * interval '1 day' + s % {class} * interval '20 minutes', 30 + n % 4 * 15,
    md5('subject-' || (s + n) % 10)::uuid, false, array['Topic ' || n, 'Topic ' || n + 1],
    timestamptz '2026-01-05 09:00Z' + n * interval '1 day'
from generate_series({first}, {end} - 1) as s cross join generate_series(0, {sessions} - 1) as n;

insert into summaries (
    id, session_id, student_id, tutor_id, narrative, next_steps, subjects_covered, summary_type, created_at
)
select
    md5('summary-' || s || '-' || n)::uuid, md5('session-' || s || '-' || n)::uuid, md5('student-' || s)::uuid,
    md5('tutor-' || s / {class})::uuid,
    'In session ' || n || ' student ' || s || ' worked on topic ' || n || ', first with help, then alone. '
    || repeat('What was hard at first went well in the end, after an example and two tries. ', 2),
    array['Look at topic ' || n || ' once more', 'Bring two questions on topic ' || n + 1],
    array['Subject ' || (s + n) % 10], 'normal', timestamptz '2026-01-05 10:00Z' + n * interval '1 day'
from generate_series({first}, {end} - 1) as s cross join generate_series(0, {sessions} - 1) as n;
"""
_AT_ONCE = 20_000  # students whose rows are written in one transaction


def named(name: str) -> UUID:
    """The id of the row of this name."""
    return UUID(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest())


class School:
    """The rows; there may be more of them later."""

    def __init__(self, owner_url: str) -> None:
        """`owner_url` is a superuser's: what it writes is known to be in order, and need not be looked at again."""
        self._owner_url = owner_url
        self.students = 0

    @property
    def sessions(self) -> int:
        """How many."""
        return self.students * SESSIONS_OF_STUDENT

    def grow(self, students: int) -> None:
        """Have this many students, and statistics that say so.

        Raises ValueError for fewer than the largest class has, and for less than whole classes.
        """
        if students < max(CLASSES) or students % STUDENTS_OF_TUTOR:
            raise ValueError(f"{students} students: at least {max(CLASSES)}, in classes of {STUDENTS_OF_TUTOR}")
        with psycopg.connect(self._owner_url, autocommit=True) as owner:
            owner.execute("set session_replication_role = replica")
            owner.execute("alter system set autovacuum = off")
            owner.execute("select pg_reload_conf()")
            if not self.students:
                owner.execute(_ONCE)
            while self.students < students:
                end = min(self.students + _AT_ONCE, students)
                owner.execute(
                    _STUDENTS.format(
                        first=self.students, end=end, sessions=SESSIONS_OF_STUDENT, **{"class": STUDENTS_OF_TUTOR}
                    )
                )
                self.students = end
            owner.execute("vacuum analyze")
            owner.execute("checkpoint")
