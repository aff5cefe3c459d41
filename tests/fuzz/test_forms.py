"""Every page and every form of the running app, asked with what no browser sends: never a fault, and nothing of the inside."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random, SystemRandom

import pytest
from httpx2 import InvalidURL, Request, Response
from sqlmodel import select
from starlette.testclient import TestClient

from core import schema
from core.database import Database
from core.people import Person, begin_sign_in
from portfolio.grants import DEPARTMENT_ROLES, ROLES, grant_role
from tests.attacks.addresses import Ids, ids_of, missing_ids
from tests.attacks.world import HERE, THERE, plant_two
from tests.databases import Copies, on_both
from tests.fuzz.forms import Way, ways_of
from tests.fuzz.requests import a_request
from tests.milestones.evidence_samples import PDF, jpeg, packed, png
from tests.samples import SOMEBODY, find_small_plan, make_person
from tests.soak_figures import SECONDS, record
from tests.web.visiting import setting, signed_in_visitor
from web.app import create_app
from web.deps import SESSION_COOKIE

SECTION = "Forms and pages"
EACH = 1  # requests of every way in the suite, on each database another one
WAYS: list[Way] = []
MOST_SECONDS = 20.0
_FILES = (
    jpeg("2024:05:06 07:08:09"),
    png(),
    PDF,
    packed("xl/workbook.xml", "[Content_Types].xml"),
    "编号,金额\r\n1,2".encode(),
)
_INSIDE = (
    "Traceback (most",
    "sqlalchemy",
    "psycopg",
    "sqlite3.",
    "site-packages",
    'File "/',
    "SELECT ",
    "INSERT INTO",
    "pydantic",
)
OTHERS = ("qingshan-owner", "lushui-owner", "qingshan-finance", "lushui-office", "qingshan-admin")


def plant_everybody(database: Database) -> None:
    """The two plans, and somebody with every role of the first, who therefore sees every form of it."""
    plant_two(database)
    with database.writing() as session:
        person, small = make_person(session, "everybody", None), find_small_plan(session, HERE)
        for role in ROLES:
            where = {"plan_id": None if role == "admin" else small.plan.id, "jurisdiction_code": None}
            department = small.forestry.id if role in DEPARTMENT_ROLES else None
            grant_role(session, person, role, **where, department_id=department, by=SOMEBODY)  # type: ignore[arg-type]


database = on_both(plant_everybody)
# Of a body that is cut off within a file the library leaves the file to be collected.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def files_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, setting(patch, files_folder=str(tmp_path_factory.mktemp("files"))):
        yield


@dataclass
class Asked:
    """The app on the planted database, who asks, and what came of it."""

    database: Database
    came: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app = create_app(self.database)
        self.people = {name: self._client(name) for name in ("everybody", *OTHERS)}
        self.here: Ids = ids_of(self.database, HERE)
        self.others = (ids_of(self.database, THERE), missing_ids(self.here))
        if not WAYS:  # both kinds of database number their records alike, and to look at every page takes its time
            WAYS.extend(ways_of(self.app, [self.people["everybody"]], self.here))

    def _person(self, name: str) -> Person:
        with self.database.reading() as session:
            person = session.exec(select(Person).where(Person.username == name)).one()
            session.expunge(person)
        return person

    def _client(self, name: str) -> TestClient:
        return signed_in_visitor(self.app, self._person(name))

    def ask(self, way: Way, chance: Random) -> None:
        wish = a_request(way, self.here, self.others, _FILES, chance)
        name = "everybody" if chance.random() < 0.85 else chance.choice(OTHERS)
        began = time.thread_time()
        try:
            answer = self.people[name].request(wish.method, wish.address, headers=wish.headers, content=wish.content)
        except InvalidURL:  # longer than the client sends
            return
        except Exception as error:
            self.faults.append(f"{type(error).__name__}: {error}\n{wish}"[:2500])
            return
        self.came[answer.status_code] += 1
        told = wrong_with(answer)
        if time.thread_time() - began > MOST_SECONDS:
            told = f"took {time.thread_time() - began:.1f} s"
        if self.database.engine.pool.checkedout():  # type: ignore[attr-defined]
            told = "keeps a connection"
        if told:
            self.faults.append(f"{told}\n{name}: {wish}"[:2500])
        if answer.status_code == 401 or answer.headers.get("location", "").startswith(
            ("/sign-in", "/account/password")
        ):
            self._sign_in_anew(name)

    def _sign_in_anew(self, name: str) -> None:
        with self.database.writing() as session:
            person = session.get_one(Person, self._person(name).id)
            person.active, person.must_change_password = True, False
            token = begin_sign_in(session, person)
        self.people[name].cookies.clear()
        self.people[name].cookies.set(SESSION_COOKIE, token)


def wrong_with(answer: Response) -> str | None:
    """What is wrong with an answer, whatever was asked."""
    status, kind = answer.status_code, answer.headers.get("content-type", "")
    if status >= 500:
        return f"status {status}: {answer.text[:300]}"
    if 300 <= status < 400:
        place = answer.headers.get("location", "/")
        return None if place.startswith("/") and not place.startswith(("//", "/\\")) else f"leads to {place[:200]}"
    if not kind.startswith(("text/html", "application/problem+json", "text/plain", "application/json")):
        led = (
            status == 401
            and not answer.content
            and answer.headers.get("hx-redirect", "").startswith("/sign-in?next=%2F")
        )
        return None if status == 200 or led else f"status {status} with {kind!r}"
    inside = [one for one in _INSIDE if one in answer.text]
    if inside and "text/html" in kind:
        return f"tells {inside}"
    address = answer.request.url.path
    part = answer.request.headers.get("hx-request") or status == 204 or address.endswith("/capital-numerals")
    if (
        kind.startswith("text/html")
        and not part
        and answer.text
        and not ("<html" in answer.text and "</main>" in answer.text)
    ):
        return f"no page in the frame: {answer.text[:200]}"
    return None


def test_no_request_makes_a_fault(database: Database) -> None:
    asked = Asked(database)
    posts = [way for way in WAYS if way.method == "POST"]
    blind = sorted(way.path for way in posts if not way.is_seen)
    assert len(posts) > 120
    assert len(blind) <= len(posts) // 2, (
        f"no page shows the forms of {blind}: they are asked with names that mean nothing"
    )
    for number in range(EACH):
        for way in WAYS:
            asked.ask(way, Random(f"{database.url.get_backend_name()} {way.method} {way.path} {number}"))
    print(f"{asked.came.total()} requests of {len(WAYS)} ways: {dict(sorted(asked.came.items()))}")
    assert not asked.faults, "\n\n".join(asked.faults[:10])
    assert asked.came.total() >= EACH * len(WAYS) * 0.9  # an address may be longer than the client sends
    assert asked.came[303] > 20, "nothing was ever written"


@pytest.mark.parametrize("told", ["status 500", "tells", "leads to", "no page"])
def test_the_looking_itself_finds_something(told: str) -> None:
    wrong = {
        "status 500": Response(500, text="x"),
        "tells": Response(200, html="<html><main></main>Traceback (most recent call last)"),
        "leads to": Response(303, headers={"location": "//evil"}),
        "no page": Response(200, html="<p>nothing"),
    }
    answer = wrong[told]
    answer.request = Request("GET", "http://localhost/")
    assert (wrong_with(answer) or "").startswith(told)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_forms_for_long(request: pytest.FixtureRequest, kind: str) -> None:
    copies: Copies = request.getfixturevalue(f"{kind}_copies")
    seed, spent, came, faults, number = SystemRandom().getrandbits(48), 0.0, Counter[int](), list[str](), 0
    print(f"seed {seed}")
    while spent < SECONDS / 2 and len(faults) < 20:
        with ExitStack() as lent:  # fresh records now and then: acts that succeed use them up
            asked = Asked(lent.enter_context(copies.lent(schema.upgrade, plant_everybody)))
            began = time.monotonic()  # to plant the records and to read the pages does not count
            for _ in range(8):
                number += 1
                for way in WAYS:
                    if spent + time.monotonic() - began < SECONDS / 2:
                        asked.ask(way, Random(f"{seed} {way.method} {way.path} {number}"))
            spent += time.monotonic() - began
            came += asked.came
            faults += asked.faults
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(came.items()))
    seconds = round(spent)
    assert came
    record(SECTION, f"requests, {kind}", inputs=came.total(), seconds=seconds, faults=len(faults), answers=statuses)
    assert not faults, "\n\n".join(faults)
