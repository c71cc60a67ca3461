"""What a tutor's dashboard costs: as many statements for one student as for two hundred."""

import pytest

from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements

DASHBOARD = """
query ($after: String) {
  students(first: 100, after: $after) {
    nodes {
      displayName
      goals(first: 4) { nodes { title status completionPercentage subject { name } } }
      sessions(first: 5) {
        nodes {
          startedAt
          subject { name }
          tutor { displayName }
          summaries { narrative nextSteps activeOverride { reason content { after { __typename } } } }
        }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
FILL = """
with subject as (
    insert into subjects (name) values ('Algebra') returning id
),
student as (
    insert into users (cognito_sub, email, role, display_name)
    select 'sub-' || n, 'student' || n || '@school.test', 'student', 'Student ' || n
    from generate_series(1, %(students)s) as n returning id
),
assignment as (
    insert into tutor_student_assignments (tutor_id, student_id) select %(tutor)s, id from student
),
goal as (
    insert into goals (student_id, subject_id, title, created_at)
    select student.id, subject.id, 'Goal ' || n, now() - n * interval '1 day'
    from student, subject, generate_series(1, 5) as n
),
session as (
    insert into sessions (student_id, tutor_id, subject_id, session_date)
    select student.id, %(tutor)s, subject.id, now() - n * interval '1 day'
    from student, subject, generate_series(1, 7) as n returning id, student_id, tutor_id
)
insert into summaries (session_id, student_id, tutor_id, narrative, next_steps)
select id, student_id, tutor_id, 'We did sums.', array['Do more.'] from session
"""
OVERRIDE = """
with override as (
    insert into overrides (
        tutor_id, student_id, override_type, action, summary_id, original_content, new_content, target_version, reason
    )
    select tutor_id, student_id, 'summary', 'changed narrative', id, '{}', '{}', 2, 'wrong' from summaries
    returning id, summary_id
)
update summaries set overridden = true, override_id = override.id, version = 2
from override where summary_id = summaries.id
"""


@pytest.mark.parametrize("students", [1, 20, 200])
async def test_a_dashboard_costs_the_same_statements_for_any_number_of_students(
    api: Api, make: Make, statements: Statements, students: int
) -> None:
    tess = await make.tutor()
    await _fill(make, tess, students)
    after, seen = None, 0
    while True:
        statements.clear()
        page = (await api.data(DASHBOARD, tess, after=after))["students"]
        assert sorted(statements.names) == [
            "contents_by_override",
            "goals_by_student",
            "overrides_by_id",
            "sessions_by_student",
            "students",
            "subjects_by_id",
            "summaries_by_session",
            "users_by_id",
        ]
        for student in page["nodes"]:
            assert len(student["goals"]["nodes"]) == 4
            assert [goal["subject"] for goal in student["goals"]["nodes"]] == [{"name": "Algebra"}] * 4
            for session in student["sessions"]["nodes"]:
                assert session["subject"] == {"name": "Algebra"}
                assert session["tutor"] == {"displayName": "Tess"}
                assert session["summaries"] == [
                    {
                        "narrative": "We did sums.",
                        "nextSteps": ["Do more."],
                        "activeOverride": {"reason": "wrong", "content": {"after": {"__typename": "SummaryContent"}}},
                    }
                ]
            assert len(student["sessions"]["nodes"]) == 5
        seen += len(page["nodes"])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == students


async def _fill(make: Make, tutor: Person, students: int) -> None:
    await make.owner.execute(FILL, {"students": students, "tutor": tutor.id})
    await make.owner.execute(OVERRIDE)
