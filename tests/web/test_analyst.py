"""The analyst's page in Chromium: charts, the tables and files behind them, and the queries behind those."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.conftest import Windows, picture
from tests.web.test_pages import ask, at, violations

PANELS = [
    "Progress",
    "Confidence",
    "Calibration",
    "Corrections over time",
    "Corrections by subject",
    "Nudges over time",
    "What nudges do",
]
NUDGE = "mutation ($input: SendNudgeInput!) { sendNudge(input: $input) { userErrors { code } } }"
GOAL = "mutation ($input: CreateGoalInput!) { createGoal(input: $input) { userErrors { code } } }"


def drawn(page: Page) -> None:
    """Wait until each panel has its chart."""
    for name in PANELS:
        expect(panel(page, name).locator("svg[role=img]")).to_be_visible()


def panel(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def maya_in(page: Page) -> str:
    option = page.get_by_role("combobox", name="Student", exact=True).locator("option", has_text="Maya Lindqvist")
    return option.get_attribute("value") or ""


def show(panel: Locator, view: str) -> None:
    panel.get_by_role("button", name=view, exact=True).click()


def saved(page: Page, panel: Locator) -> tuple[str, list[list[str]]]:
    """The name of the file, and its rows as a spreadsheet reads them."""
    with page.expect_download() as waiting:
        panel.get_by_role("button", name="Download CSV").click()
    content = Path(waiting.value.path()).read_bytes()
    # So that spreadsheets take it for UTF-8.
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    return waiting.value.suggested_filename, list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_each_chart_has_a_table_a_file_and_a_query(windows: Windows) -> None:
    page = windows.open(at("/analyst", "admin"))
    drawn(page)
    for name in PANELS:
        here = panel(page, name)
        show(here, "Table")
        shown = here.locator("table.counts tr").evaluate_all(
            "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText))"
        )
        file, rows = saved(page, here)
        assert len(shown) > 1, name
        assert [[cell or "–" for cell in row] for row in rows] == shown, name
        assert file.startswith(name.lower().replace(" ", "-")), file
        show(here, "Query")
        expect(here.locator("pre")).to_contain_text("query ")
        show(here, "Chart")
        # What the picture says to those who do not see it.
        assert here.locator("svg[role=img]").get_attribute("aria-label")


def test_a_chart_opens_its_query_in_graphiql(windows: Windows) -> None:
    page = windows.open(at("/analyst", "tutor"))
    drawn(page)
    here = panel(page, "Corrections over time")
    show(here, "Query")
    with page.expect_popup() as opening:
        here.get_by_role("link", name="Open in GraphiQL").click()
    graphiql = opening.value
    expect(graphiql.locator(".who")).to_contain_text("Daniel Okafor")
    expect(graphiql.get_by_role("tab", name="OverridePatterns")).to_have_attribute("aria-selected", "true")
    expect(graphiql.locator(".graphiql-query-editor")).to_contain_text("overrideAnalytics")
    graphiql.get_by_role("button", name="Execute query").click()
    expect(graphiql.locator("section.result-window")).to_contain_text("overrideCount")
    assert graphiql.url.endswith("/graphql#as=tutor@demo.test")
    # It goes beside what was open before, and is there once.
    graphiql.reload()
    expect(graphiql.get_by_role("tab", name="OverridePatterns")).to_have_count(1)
    expect(graphiql.get_by_role("tab", name="MyStudents")).to_have_count(1)


def test_the_time_and_the_student_are_chosen(windows: Windows) -> None:
    page = windows.open(at("/analyst", "tutor"))
    drawn(page)
    page.get_by_role("button", name="1 year").click()
    page.get_by_label("First day (UTC)").fill("2026-03-01")
    page.get_by_label("Last day (UTC)").fill("2026-02-28")
    expect(page.get_by_role("alert")).to_have_text("The first day comes after the last.")
    page.get_by_label("Last day (UTC)").fill("2026-03-02")
    expect(page.get_by_role("alert")).to_have_count(0)
    here = panel(page, "Confidence")
    show(here, "Query")
    expect(here.locator("pre")).to_contain_text('"from": "2026-03-01",\n  "to": "2026-03-03"')
    expect(here.locator("pre")).to_contain_text('"DAY"')
    page.get_by_role("button", name="3 months").click()
    page.get_by_role("combobox", name="Student", exact=True).select_option(label="Maya Lindqvist")
    expect(panel(page, "Progress of Maya Lindqvist").locator("svg[role=img]")).to_be_visible()
    student = page.get_by_role("combobox", name="Student", exact=True).input_value()
    expect(here.locator("pre")).to_contain_text(student)


def test_charts_follow_what_happens(windows: Windows) -> None:
    page = windows.open(at("/analyst", "tutor"))
    drawn(page)
    here = panel(page, "What nudges do")
    show(here, "Table")
    row = here.get_by_role("row").filter(has_text="After days away")
    sent = row.get_by_role("cell").nth(1).inner_text()
    nudge = {"studentId": maya_in(page), "type": "INACTIVITY", "channel": "IN_APP", "message": "Still there?"}
    assert ask(page, NUDGE, input=nudge) == {"sendNudge": {"userErrors": []}}
    # One more, or more than one: the companion nudges by the clock.
    expect(row.get_by_role("cell").nth(1)).not_to_have_text(sent)


@pytest.mark.parametrize("look", ["light-desktop", "dark-desktop", "light-phone", "dark-phone"])
def test_analytics_keep_nobody_out(windows: Windows, look: str) -> None:
    dark, phone = look.startswith("dark"), look.endswith("phone")
    width, height = (390, 844) if phone else (1440, 900)
    page = windows.open(at("/analyst", "admin"), dark=dark, width=width, height=height)
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert violations(page) == []
    page.set_viewport_size({"width": width, "height": page.evaluate("document.documentElement.scrollHeight")})
    picture(page, f"analyst-{look}")
    for name, view in (("Calibration", "Table"), ("Confidence", "Query")):
        show(panel(page, name), view)
    assert violations(page) == []


def test_only_those_who_may_count_have_the_page(windows: Windows) -> None:
    for role in ("student", "parent"):
        page = windows.open(at("/analyst", role))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(".panels")).to_have_count(0)


def test_a_file_runs_nothing_in_a_spreadsheet(windows: Windows) -> None:
    page = windows.open(at("/analyst", "tutor"))
    drawn(page)
    titles = ['=HYPERLINK("http://evil.test","Maya")', "+1, or -1?", "@SUM(1)", "\uff1d1+1", 'Say "no", twice']
    for title in titles:
        assert ask(page, GOAL, input={"studentId": maya_in(page), "title": title}) == {"createGoal": {"userErrors": []}}
    here = panel(page, "Progress")
    show(here, "Table")
    for title in titles:
        expect(here.locator("table")).to_contain_text(title)
    _, rows = saved(page, here)
    found = [row[1] for row in rows]
    assert [title for title in titles[:-1] if f"'{title}" not in found] == []
    assert titles[-1] in found
    assert all(len(row) == len(rows[0]) for row in rows)
