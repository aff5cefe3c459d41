"""Script in every text that a person can fill: no page runs it, with the content security policy and without."""

import pytest
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser

from core.database import Database
from tests.attacks.conftest import Planted
from tests.attacks.looking import looking, planted_in
from tests.attacks.more_pages import more_addresses
from tests.attacks.payloads import SCRIPTS
from tests.attacks.unshown import UNSHOWN
from tests.attacks.visiting import addresses, paths
from tests.serving import served
from tests.web.visiting import person_in, signed_in_visitor
from web.app import create_app

# Files that are saved and not shown, programs' addresses, and pages of ours that no data is in.
NO_PAGES = ("/static/", "/vendor/", "/health/", "/metrics")
SAVED = (".csv", ".xlsx", ".docx", "/file", "/marked", "/reports/workbook", "file.{kind}")


def pages(planted: Planted) -> list[str]:
    """One page of each route, and the others in which something stands that those have not."""
    found = [
        address
        for path in paths(planted.app)
        if not path.startswith(NO_PAGES) and not path.endswith(SAVED)
        for address in addresses(planted.database, path)
    ]
    return list(dict.fromkeys([*found, *more_addresses(planted.database)]))


def test_a_page_that_does_run_it_is_noticed(browser: Browser, sqlite_database: Database) -> None:
    """The looking itself finds something: each shape, in a page that escapes nothing."""
    app = create_app(sqlite_database)

    @app.get("/hole/{shape}")
    def get_hole(shape: int) -> HTMLResponse:
        text = SCRIPTS[shape].format(n=7)
        return HTMLResponse(
            f"<title>{text}</title><style>{text}</style><script>{text}</script><!-- {text} -->"
            f'<p title=\'{text}\'></p><textarea>{text}</textarea><p title="{text}">{text}</p><a href="{text}">x</a>'
        )

    everybody = Planted(app, sqlite_database, person_in(sqlite_database), {})
    for shape in range(len(SCRIPTS)):
        with served(app) as address, looking(browser, everybody, address, policy=False) as looked:
            assert looked.look(f"{address}/hole/{shape}") == 200
        assert looked.wrong != [], SCRIPTS[shape]


def shown_as_json(planted: Planted) -> set[int]:
    """The columns that programs are told: as JSON, which no browser takes for a page."""
    client, shown = signed_in_visitor(planted.app, planted.person), set()
    for address in pages(planted):
        if address.startswith("/api/"):
            answer = client.get(address)
            assert answer.headers["content-type"].startswith("application/json"), address
            assert answer.headers["x-content-type-options"] == "nosniff", address
            shown |= planted_in(answer.text)
    return shown


@pytest.mark.parametrize(
    "policy", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["escaping alone", "policy"]
)
def test_no_page_runs_what_was_planted(browser: Browser, script_planted: Planted, policy: bool) -> None:
    looked_at = [path for path in pages(script_planted) if not path.startswith("/api/")]
    with served(script_planted.app) as address, looking(browser, script_planted, address, policy=policy) as looked:
        found = {path: looked.look(f"{address}{path}") for path in looked_at}
    assert looked.wrong == []
    assert {path: status for path, status in found.items() if status >= 500} == {}
    assert len([status for status in found.values() if status == 200]) > 250
    columns = script_planted.columns
    shown = {columns[number] for number in looked.shown | shown_as_json(script_planted)}
    print(f"{len(shown)} of {len(columns)} planted columns stand in {len(found)} pages")
    unseen = set(columns.values()) - shown
    assert sorted(unseen - set(UNSHOWN)) == [], "planted, and no longer on any page that is visited"
    assert sorted(set(UNSHOWN) - unseen) == [], "no longer planted, or shown now: take it out of unshown.py"
