"""What is asked of every page in a browser: no barrier, no sideways scrolling, no style that the security policy would refuse."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from core.database import Database
from core.people import Person, begin_sign_in
from tests.web.visiting import person_in
from web.deps import SESSION_COOKIE


def signed_in(page: Page, database: Database, address: str, role: str = "office") -> Page:
    """The page, in a browser that somebody with this role signed in on."""
    person = person_in(database, f"the-{role}", role)
    with database.writing() as session:
        token = begin_sign_in(session, session.get_one(Person, person.id))
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    return page


def must_be_in_order(page: Page, what: object, *, styled: str = "[style]") -> None:
    violations = Axe().run(page).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in violations] == [], what
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide == 0, what
    assert page.locator(styled).count() == 0, what
