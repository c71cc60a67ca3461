"""What settings make of what they are given."""

from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from server import create_app
from settings import Settings


@pytest.mark.parametrize(
    ("given", "origins"),
    [
        ("", ""),
        ("*", "*"),
        ("http://localhost:5173", "http://localhost:5173"),
        (" https://App.School.test ,, HTTP://[::1]:3000", "https://app.school.test,http://[::1]:3000"),
        ("https://a.test:443,http://a.test:80,http://a.test:443", "https://a.test,http://a.test,http://a.test:443"),
    ],
)
def test_origins_are_as_browsers_send_them(given: str, origins: str) -> None:
    assert Settings(allowed_origins=given).allowed_origins == origins


@pytest.mark.parametrize(
    "given", ["http://a.test/", "http://a.test/x", "http://a.test?x", "http://u:p@a.test", "http:/a"]
)
def test_what_is_no_origin_is_refused(given: str) -> None:
    with pytest.raises(ValidationError, match="origin: write"):
        Settings(allowed_origins=given)


async def test_a_page_of_an_allowed_origin_may_ask(tmp_path: Path) -> None:
    settings = Settings(study_data_dir=tmp_path, allowed_origins="HTTP://LocalHost:5173, https://a.test:443")
    app = create_app(settings, "postgresql://127.0.0.1:1/none")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        for origin, status in {
            "http://localhost:5173": 200,
            "https://a.test": 200,
            "http://localhost:5174": 400,
        }.items():
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            assert (await client.options("/graphql", headers=asked)).status_code == status


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"PORT": "9000"}, "http://127.0.0.1:9000"),
        ({"HOST": "0.0.0.0", "PORT": "9000"}, "http://127.0.0.1:9000"),  # noqa: S104
        ({"HOST": "::"}, "http://[::1]:8000"),
        ({"HOST": "study.local"}, "http://study.local:8000"),
        ({"PORT": "9000", "PUBLIC_URL": "https://study.test"}, "https://study.test"),
    ],
)
def test_links_lead_to_where_it_serves(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], url: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert Settings().reached_at == url
