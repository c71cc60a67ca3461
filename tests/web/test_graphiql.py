"""GraphiQL in Chromium: queries, subscriptions, who is asking, and what the browser keeps."""

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.web.conftest import Windows, picture

MAYA, DANIEL = "/graphql#as=student@demo.test", "/graphql#as=tutor@demo.test"


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.locator(".graphiql-query-editor")).to_contain_text(name)


def run(page: Page) -> None:
    page.get_by_role("button", name="Execute query").click()


def answer(page: Page, text: str) -> None:
    """Wait for a text in the answer, wherever the editor breaks it."""
    expect(page.locator("section.result-window")).to_contain_text(
        re.compile(r"\s*".join(re.escape(letter) for letter in text if letter != " "))
    )


def asking(page: Page) -> str:
    return page.locator(".who").inner_text()


def chosen(page: Page, name: str) -> None:
    expect(page.locator(".who")).to_contain_text(name)
    # What is clicked before the editor is there does not reach it.
    expect(page.locator(".graphiql-query-editor .view-line").first).to_be_visible()


def test_a_query_runs_and_it_is_said_who_asks(windows: Windows) -> None:
    page = windows.open("/graphql")
    chosen(page, "Daniel Okafor")
    assert asking(page).split() == ["Asking", "as", "Daniel", "Okafor", "TUTOR"]
    expect(page).to_have_title("Daniel Okafor · GraphiQL · Study Companion")
    assert [tab.inner_text() for tab in page.get_by_role("tab").all()] == [
        "MyStudents",
        "LiveActivity",
        "ToReview",
        "Evidence",
        "CorrectSummary",
    ]
    run(page)
    answer(page, '"displayName": "Aisha Haddad"')
    picture(page, "graphiql-light")
    # The analyst's queries are beside it; one opens in a tab of its own.
    page.get_by_role("button", name="OverridesByTutor").click()
    expect(page.get_by_role("tab", name="OverridesByTutor")).to_have_attribute("aria-selected", "true")
    run(page)
    answer(page, '"overrideCount"')
    # The schema's documentation, and what was asked before.
    page.get_by_role("button", name="Show Documentation Explorer").click()
    expect(page.locator(".graphiql-plugin")).to_contain_text("Root Types")
    page.get_by_role("button", name="Show History").click()
    expect(page.locator(".graphiql-plugin")).to_contain_text("OverridesByTutor")


def test_the_editor_knows_the_schema(windows: Windows) -> None:
    """Its workers run: they mark what the schema does not have."""
    page = windows.open(DANIEL)
    chosen(page, "Daniel Okafor")
    page.get_by_role("button", name="New tab").click()
    page.locator(".graphiql-query-editor .view-lines").click()
    page.keyboard.type("{ noSuchField ")
    expect(page.locator(".graphiql-query-editor .squiggly-error").first).to_be_visible()


def test_a_subscription_receives_what_another_window_does(windows: Windows) -> None:
    maya, daniel = windows.open(MAYA), windows.open(DANIEL, dark=True)
    chosen(maya, "Maya Lindqvist")
    tab(maya, "MyCorrections")
    run(maya)
    expect(maya.locator(".connection")).to_have_text("Live")
    chosen(daniel, "Daniel Okafor")
    tab(daniel, "CorrectSummary")
    run(daniel)
    answer(daniel, '"version": 2')
    answer(maya, "Says what she can do now, not what we did.")
    picture(maya, "graphiql-subscription-light")
    picture(daniel, "graphiql-dark")
    run(daniel)
    answer(daniel, "STALE_VERSION")


def test_choosing_somebody_else_changes_who_asks(windows: Windows) -> None:
    page = windows.open(DANIEL)
    chosen(page, "Daniel Okafor")
    run(page)
    answer(page, "Aisha Haddad")
    page.get_by_label("Ask as").select_option(label="Ingrid Lindqvist (parent)")
    chosen(page, "Ingrid Lindqvist")
    assert page.url.endswith("#as=parent@demo.test")
    # Nothing of the one before is left to see.
    expect(page.locator("section.result-window")).not_to_contain_text("Aisha")
    expect(page.get_by_role("tab").first).to_contain_text("MyChildren")
    run(page)
    answer(page, '"displayName": "Maya Lindqvist"')
    page.reload()
    chosen(page, "Ingrid Lindqvist")
    page.get_by_label("Ask as").select_option(label="nobody")
    expect(page.locator(".who")).to_have_text("Nobody is signed in")
    run(page)
    answer(page, '"viewer": null')


def test_no_token_is_kept_in_the_browser(windows: Windows, server: str) -> None:
    page = windows.open(DANIEL)
    chosen(page, "Daniel Okafor")
    run(page)
    answer(page, "Aisha Haddad")
    page.wait_for_function("Object.keys(localStorage).length > 0")
    kept: dict[str, Any] = page.evaluate("({...localStorage, ...sessionStorage})")
    assert not any("header" in key.lower() for key in kept)
    assert "eyJ" not in json.dumps(kept)
    assert page.context.cookies() == []
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0


def test_where_nobody_can_be_chosen_a_token_is_pasted_and_forgotten(windows: Windows) -> None:
    page = windows.open("/graphql")
    chosen(page, "Daniel Okafor")
    page.route("**/demo/people", lambda route: route.fulfill(json={"people": []}))
    token = page.evaluate(
        """() => fetch('/demo/tokens', {method: 'POST', headers: {'content-type': 'application/json'},
        body: '{"email": "admin@demo.test"}'}).then((response) => response.json()).then(({token}) => token)"""
    )
    page.reload()
    expect(page.locator(".who")).to_have_text("Nobody is signed in")
    field = page.get_by_label("Access token")
    field.fill("not a token")
    field.press("Enter")
    expect(page.locator(".problem")).to_be_visible()
    field.fill(f"Bearer {token}")
    field.press("Enter")
    chosen(page, "Rosa Delgado")
    run(page)
    answer(page, '"totalCount": 10')
    assert token not in json.dumps(page.evaluate("({...localStorage, ...sessionStorage})"))
    page.reload()
    expect(page.locator(".who")).to_have_text("Nobody is signed in")
    windows.forgive("401")
