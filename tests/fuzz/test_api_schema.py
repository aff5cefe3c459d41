"""Every operation that the API describes, asked with what its description allows and with what it does not, by schemathesis."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from core import schema as tables
from core.database import Database
from tests.attacks.addresses import Ids, ids_of
from tests.attacks.touring import plant_signed_in, token_of
from tests.attacks.world import HERE
from tests.databases import Copies, on_both
from tests.fuzz.running import Tried, tried
from tests.soak_figures import SECONDS, record
from tests.web.visiting import HERE as SITE
from tests.web.visiting import setting
from web.app import create_app
from web.deps import SESSION_COOKIE

SECTION = "The API against its description"
DESCRIPTION = "/api/v1/openapi.json"
WHO = ("qingshan-leader", "qingshan-finance", "qingshan-owner")
COUNT = 3  # inputs of each operation, kind and person in the suite
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# Where a record of ours may stand: a name of a parameter or field, and the kind of record.
_RECORDS = {
    **{"plan": "plan", "project": "project", "project_code": "project", "code": "project", "department": "department"},
    **{
        "number": "edition",
        "entry_id": "entry",
        "work_id": "work",
        "milestone_id": "milestone",
        "id_": "entry in draft",
    },
}
_PERIODS = ("2024Q2", "2025Q4", "2024")

database = on_both(plant_signed_in)


@pytest.fixture(autouse=True)
def files_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, setting(patch, files_folder=str(tmp_path_factory.mktemp("files"))):
        yield


class Api:
    """The API on the planted database, and what came of asking it."""

    def __init__(self, database: Database) -> None:
        self.ids: Ids = ids_of(database, HERE)
        self.came: Counter[int] = Counter()
        cookie = {"Cookie": f"{SESSION_COOKIE}={token_of(WHO[0])}"}
        config = SchemathesisConfig()
        config.projects.default.generation.with_security_parameters = (
            False  # made up tokens only meet the limit of tries
        )
        self.schema = schemathesis.openapi.from_asgi(DESCRIPTION, create_app(database), config=config, headers=cookie)
        self.operations = [found.ok() for found in self.schema.get_all_operations()]

    def asks(self, who: str, mode: GenerationMode) -> Callable[[tuple[Any, bool]], None]:
        """What asks with one case as that person; where what is sent may be good, every answer is one of those described."""
        headers = {"Cookie": f"{SESSION_COOKIE}={token_of(who)}", "Origin": SITE}

        def ask(given: tuple[Any, bool]) -> None:
            case, known = given
            if known:
                self._put_records(case)
            response = case.call(headers=headers)
            self.came[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

        return ask

    def _put_records(self, case: Any) -> None:
        """Records that are there, in the place of what was made up."""
        for place in (case.path_parameters, case.query, case.body):
            if isinstance(place, dict):
                for name in place.keys() & _RECORDS.keys():
                    place[name] = self.ids[_RECORDS[name]]
                for name in place.keys() & {"period", "as_of", "quarter"}:
                    place[name] = _PERIODS[len(str(place[name])) % len(_PERIODS)]
        if case.operation.path.startswith("/api/v1/") and isinstance(case.query, dict):
            described = {one.name for one in case.operation.query}
            if "plan" in described:
                case.query["plan"] = HERE

    def inputs(self, operation: Any, mode: GenerationMode) -> st.SearchStrategy[Any]:
        return st.tuples(operation.as_strategy(generation_mode=mode), st.booleans())


def _modes(operation: Any) -> list[GenerationMode]:
    """With nothing to send, nothing can be sent wrongly."""
    sends = [*operation.iter_parameters(), *operation.body]
    return [GenerationMode.POSITIVE, GenerationMode.NEGATIVE] if sends else [GenerationMode.POSITIVE]


def test_every_operation_keeps_to_its_description(database: Database) -> None:
    api, all_of_them, faults = Api(database), Tried(), list[str]()
    assert len(api.operations) >= 9
    for number, operation in enumerate(api.operations):
        for mode in _modes(operation):
            who = WHO[number % len(WHO)] if operation.method.upper() == "GET" else "qingshan-owner"
            try:
                all_of_them += tried(api.asks(who, mode), api.inputs(operation, mode), count=COUNT, shrink=False)
            except BaseException as error:
                faults.append(_told(operation, who, error))
    print(f"{all_of_them.inputs} requests of {len(api.operations)} operations: {dict(sorted(api.came.items()))}")
    assert not faults, "\n\n".join(faults)
    assert api.came[200] > len(api.operations)


def _told(operation: Any, who: str, error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt | SystemExit):
        raise error
    found = error.exceptions if isinstance(error, BaseExceptionGroup) else [error]
    return f"{operation.label} by {who}: " + "\n".join(f"{type(one).__name__} {one}"[:1500] for one in found)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_api_for_long(request: pytest.FixtureRequest, kind: str) -> None:
    copies: Copies = request.getfixturevalue(f"{kind}_copies")
    began, came, all_of_them, faults = time.monotonic(), Counter[int](), Tried(), list[str]()
    while time.monotonic() - began < SECONDS / 2:
        with copies.lent(tables.upgrade, plant_signed_in) as database:
            api = Api(database)
            for operation in api.operations:
                for mode in _modes(operation):
                    for who in WHO:
                        if time.monotonic() - began > SECONDS / 2 or len(faults) > 20:
                            break
                        try:
                            all_of_them += tried(
                                api.asks(who, mode), api.inputs(operation, mode), count=0, seconds=1, shrink=False
                            )
                        except BaseException as error:
                            faults.append(_told(operation, who, error))
            came += api.came
        if len(faults) > 20:
            break
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(came.items()))
    seconds = round(time.monotonic() - began)
    record(SECTION, f"requests, {kind}", inputs=came.total(), seconds=seconds, faults=len(faults), answers=statuses)
    assert not faults, "\n\n".join(faults)
