"""Whatever text or bytes come in, a parser reads them or refuses them as it says, at once."""

import csv
import io
import time
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import strategies as st

from budgets.cell_texts import date_from_text
from budgets.ledger_list import Cursor as LedgerCursor
from core.calendar import Period, period_from_text
from core.errors import Broken
from core.money import LARGEST_FEN, UNITS, fen_from_text, typed
from core.text import matching_key, sorting_key, storable
from core.units import micro_from_text, text_from_micro
from milestones.geojson import checked_geometry
from portfolio.project_list import Cursor
from reports.delimited import MARK, csv_chunks
from reports.return_fields import FIELDS, MONEY, CellKey, key_from_name
from reports.return_values import text_to_type, value_from_text
from tests.fuzz.alphabets import bytes_like, texts, texts_like
from tests.fuzz.parsers import BYTES, TEXTS, Parser
from tests.fuzz.running import Tried, tried
from tests.soak_figures import SECONDS, record
from web import ledger_places, list_places

SECTION = "Parsers"
# Of the processor for one input, on a busy machine too: what grows faster than its 140,000 characters takes minutes.
MOST_SECONDS = 10.0
PARSERS = (*TEXTS, *BYTES)


def _inputs(parser: Parser) -> st.SearchStrategy[object]:
    return bytes_like(*parser.models) if parser in BYTES else texts_like(*parser.models)  # type: ignore[return-value]


def _check(parser: Parser) -> Callable[[object], None]:
    def check(given: object) -> None:
        began = time.thread_time()
        refused = None
        try:
            parser.read(given)
        except parser.refuses as error:
            refused = error
        assert not isinstance(refused, Broken) or refused.text(lambda words: words)
        assert time.thread_time() - began < MOST_SECONDS

    return check


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_a_parser_reads_or_refuses(parser: Parser) -> None:
    for model in parser.models:
        _check(parser)(model)
    found = tried(_check(parser), _inputs(parser), count=250)
    print(f"{parser.name}: {found.inputs} inputs")


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_at_least_one_model_of_each_is_taken(parser: Parser) -> None:
    """Else only refusals would be tried."""
    taken = []
    for model in parser.models:
        try:
            parser.read(model)
        except parser.refuses:
            continue
        taken.append(model)
    assert taken, parser.models


# ---- what is written is read again as the same

whole = st.integers(-LARGEST_FEN, LARGEST_FEN)
bigint = st.integers(-(2**63) + 1, 2**63 - 1)
words = st.text(st.characters(min_codepoint=1, exclude_categories=("Cs",)), max_size=30)


def _money(fen: int) -> None:
    for unit in UNITS:
        assert fen_from_text(typed(fen, unit), unit) == fen


def _micro(micro: int) -> None:
    assert micro_from_text(text_from_micro(micro)) == micro


def _day(day: date) -> None:
    assert date_from_text(day.isoformat()) == day == date_from_text(f"{day.year:04d}年{day.month}月{day.day}日")


def _period(given: tuple[int, str]) -> None:
    period = Period(*given)
    assert period_from_text(str(period)) == period


def _places(given: tuple[date, int, str]) -> None:
    day, number, text = given
    assert ledger_places.place_from_text(ledger_places.place_text(LedgerCursor(day, number))) == LedgerCursor(
        day, number
    )
    for value in (None, sorting_key(text)):
        place = Cursor(value, number)
        assert list_places.place_from_text(list_places.place_text(place, "name", True), "name", True) == place


def _keys(text: str) -> None:
    assert matching_key(matching_key(text)) == matching_key(text)
    assert storable(matching_key(text))


def _table(lines: list[list[str]]) -> None:
    text = "".join(csv_chunks(lines))
    assert list(csv.reader(io.StringIO(text.removeprefix(MARK), newline=""))) == lines


def _geometry(ring: list[tuple[int, int]]) -> None:
    places = [[100 + east / 10**7, 30 + north / 10**7] for east, north in ring]
    text = f'{{"type":"Polygon","coordinates":[{[*places, places[0]]}]}}'
    try:
        kept = checked_geometry(text)
    except Broken:
        return
    assert checked_geometry(kept) == kept


def _return_cell(fen: int) -> None:
    name = next(name for name, field in FIELDS.items() if field.kind == MONEY)
    key = CellKey(3, name, "7" if FIELDS[name].keyed else "")
    assert key_from_name(key.name) == key
    for unit in UNITS:
        assert value_from_text(key, text_to_type(key, str(abs(fen)), unit), unit=unit) == str(abs(fen))


rows = st.lists(st.lists(words, min_size=2, max_size=4), max_size=5)
spots = st.tuples(st.integers(0, 10**7), st.integers(0, 10**7))
ROUND_TRIPS = {
    "amounts written and read": (_money, whole),
    "decimals written and read": (_micro, bigint),
    "days written and read": (_day, st.dates(date(1990, 1, 1), date(2099, 12, 31))),
    "periods written and read": (_period, st.tuples(st.integers(1949, 2100), st.sampled_from(("", "Q1", "Q4", "MID")))),
    "places written and read": (_places, st.tuples(st.dates(), st.integers(1, 10**17), words)),
    "keys of texts": (_keys, texts()),
    "separated text written and read": (_table, rows),
    "geometries written and read": (_geometry, st.lists(spots, min_size=3, max_size=9)),
    "cells of returns written and read": (_return_cell, whole),
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_what_is_written_is_read_as_the_same(name: str) -> None:
    check, inputs = ROUND_TRIPS[name]
    print(f"{name}: {tried(check, inputs, count=200).inputs} inputs")  # type: ignore[arg-type]


# ---- for long


@pytest.mark.soak
def test_parsers_for_long() -> None:
    kinds = {parser.name: (_check(parser), _inputs(parser)) for parser in PARSERS} | ROUND_TRIPS
    each, all_of_them = SECONDS / len(kinds), Tried()
    for name, (check, inputs) in kinds.items():
        found = tried(check, inputs, count=0, seconds=each)  # type: ignore[arg-type, type-var]
        record(SECTION, name, inputs=found.inputs, seconds=round(found.seconds))
        all_of_them += found
    record(SECTION, "all of them", inputs=all_of_them.inputs, seconds=round(all_of_them.seconds))
