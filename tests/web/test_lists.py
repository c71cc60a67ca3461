"""Lists that are longer than a page: the rest is a button away, by keyboard too, and nothing is lost."""

from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from tests.web.conftest import Windows, picture
from tests.web.test_pages import ask, at, ready, violations

RECORD = """mutation ($input: RecordSessionInput!) { recordSession(input: $input) {
  session { id } userErrors { message } } }"""
PEOPLE = (
    "{ students(first: 100) { nodes { displayName id } } tutors: users(where: { role: TUTOR }) { nodes { email id } } }"
)
CREATE = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } userErrors { message } } }"
ASSIGN = """mutation ($input: CreateTutorAssignmentInput!) { createTutorAssignment(input: $input) {
  assignment { id } userErrors { message } } }"""


def record(daniel: Page, student: str, topic: str, started: str) -> None:
    told = {"studentId": student, "topicsCovered": [topic], "startedAt": started}
    assert ask(daniel, RECORD, input=told)["recordSession"]["userErrors"] == []


def test_what_is_beyond_a_page_is_shown_when_asked_for(windows: Windows) -> None:
    admin = windows.open(at("/analyst", "admin"))
    found = ask(admin, PEOPLE)
    tutor = next(each["id"] for each in found["tutors"]["nodes"] if each["email"] == "tutor@demo.test")
    maya = next(each["id"] for each in found["students"]["nodes"] if each["displayName"] == "Maya Lindqvist")
    for number in range(50):
        name = f"Pupil {number:02}"
        made = {
            "email": f"p{number}@demo.test",
            "role": "STUDENT",
            "displayName": name,
            "cognitoSub": f"pupil-{number}",
        }
        user = ask(admin, CREATE, input=made)["createUser"]["user"]["id"]
        assigned = ask(admin, ASSIGN, input={"tutorId": tutor, "studentId": user})
        assert assigned["createTutorAssignment"]["userErrors"] == []

    daniel = windows.open(at("/tutor", "tutor"))
    ready(daniel, "Students")
    every = ask(daniel, "{ students { totalCount } }")["students"]["totalCount"]
    cards = daniel.locator(".student-card")
    expect(cards).to_have_count(50)
    daniel.get_by_role("button", name="Show more students").press("Enter")
    expect(cards).to_have_count(every)
    # Who comes by keyboard is where the rest begins, and there is no more of it.
    expect(daniel.get_by_role("group", name="More students")).to_be_focused()
    expect(daniel.get_by_role("button", name="Show more students")).to_have_count(0)
    names = daniel.locator(".student-card h2").all_inner_texts()
    assert len(set(names)) == every

    for number in range(26):
        record(daniel, maya, f"Topic {number:02}", f"2020-01-01T10:{59 - number}:00Z")
    daniel.goto(f"{windows.server}/tutor/students/{maya}#as=tutor@demo.test")
    ready(daniel, "Maya Lindqvist")
    sessions = daniel.get_by_role("region", name="Sessions")
    lines = sessions.get_by_role("listitem").get_by_role("link")
    expect(lines).to_have_count(12)
    sessions.get_by_role("button", name="Show more sessions").press("Enter")
    expect(lines).to_have_count(24)
    assert sessions.get_by_role("group", name="More sessions").evaluate(
        "(here) => here.contains(document.activeElement)"
    )
    picture(daniel, "more-light")
    before = lines.all_inner_texts()
    # A new one moves all of them by one: what was the last of the first page is the first of the next.
    record(daniel, maya, "The newest", datetime.now(UTC).isoformat())
    expect(lines).to_have_text(["The newest", *before[:-1]])
    while (more := sessions.get_by_role("button", name="Show more sessions")).count():
        more.click()
        expect(sessions.locator(".waiting")).to_have_count(0)
    expect(sessions).to_contain_text("Topic 25")
    shown = lines.all_inner_texts()
    assert [each for each in shown if each.startswith("Topic")] == [f"Topic {number:02}" for number in range(26)]
    assert violations(daniel) == []

    student = windows.open(at("/student/progress", "student"), width=390, height=844)
    ready(student, "Progress")
    student.get_by_role("button", name="Show more sessions").click()
    expect(student.get_by_role("group", name="More sessions")).to_contain_text("Topic")
    picture(student, "more-light-phone")
