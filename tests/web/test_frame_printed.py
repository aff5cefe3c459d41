"""How values are printed, the macros, and the files that pages load."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from core.database import Database
from tests.web.visiting import visitor
from web.app import create_app
from web.assets import VENDORED, AssetMissing, Vendored, _vendored, assets
from web.pages import environment
from web.printed import percent, share_of


def printed(template: str, *, language: str = "zh", unit: str = "万元", **values: object) -> str:
    return environment(language, unit).from_string(template).render(**values)


@pytest.mark.parametrize(
    ("fen", "unit", "expected"),
    [
        (514_303_000_000, "亿元", "51.4303"),
        (514_303_000_000, "万元", "514,303.00"),
        (514_303_000_000, "元", "5,143,030,000.00"),
        (0, "万元", "0.00"),
    ],
)
def test_money_is_printed_in_the_readers_unit(fen: int, unit: str, expected: str) -> None:
    assert printed("{{ fen|money }}", unit=unit, fen=fen) == expected


@pytest.mark.parametrize("filter_", ["money", "thousands", "quantity", "day", "zh", "years(none)"])
def test_what_the_plan_does_not_say_is_grey_words_and_never_zero(filter_: str) -> None:
    assert printed("{{ none|" + filter_ + " }}") == '<span class="silent">规划未载明</span>'


def test_quantities_keep_their_decimals_and_get_separators() -> None:
    assert printed(
        "{{ one|quantity }} {{ two|quantity }} {{ three|quantity }}", one=500_000, two=12_345_678_900, three=-500_000
    ) == ("0.5 12,345.6789 -0.5")


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (Fraction(1, 3), "33.3%"),
        (Fraction(4863, 10_000), "48.6%"),
        (Fraction(1, 2000), "0.1%"),
        (Fraction(0), "0.0%"),
        (Fraction(-1, 8), "-12.5%"),
        (Fraction(-1, 10**6), "0.0%"),
        (Fraction(123, 1), "12,300.0%"),
        (None, "—"),
    ],
)
def test_percentages_are_rounded_half_up_and_never_computed_from_nothing(ratio: Fraction | None, expected: str) -> None:
    assert percent(ratio) == expected


def test_years_are_a_range_one_year_or_half_a_range() -> None:
    texts = [printed("{{ a|years(b) }}", a=a, b=b) for a, b in ((2022, 2025), (2022, 2022), (2022, None), (None, 2025))]
    assert texts == ["2022–2025", "2022", "2022 起", "至 2025"]


def test_moments_are_shown_on_the_local_clock_and_days_as_they_are() -> None:
    moment = datetime(2024, 12, 31, 17, 30, tzinfo=UTC)
    assert "2025-01-01 01:30" in printed("{{ at|moment }}", at=moment)
    assert "2025-01-01 01:30" in printed("{{ at|moment }}", at=moment.replace(tzinfo=None))
    assert printed("{{ on|day }}", on=date(2024, 12, 31)) == "2024-12-31"


def test_words_of_the_plan_are_marked_as_chinese_on_english_pages_and_always_escaped() -> None:
    assert printed("{{ '<b>湿地'|zh }}", language="en") == '<span lang="zh">&lt;b&gt;湿地</span>'
    assert printed("{{ '<b>湿地'|zh }}") == "&lt;b&gt;湿地"


@pytest.mark.parametrize(
    ("value", "maximum", "expected"), [(1, 3, "33.33"), (0, 5, "0"), (5, 0, "0"), (None, 5, "0"), (5, 5, "100")]
)
def test_a_bar_reaches_as_far_as_its_share(value: int | None, maximum: int, expected: str) -> None:
    assert share_of(value, maximum) == expected


def test_a_chart_is_a_table_whose_bars_say_what_they_show() -> None:
    rows = [
        {"label": "再生水", "fen": 250_000_000_000, "share": Fraction(486, 1000), "href": "/projects?q=1"},
        {"label": "<绿化>", "fen": None, "share": None},
        {"label": "零", "fen": 0, "share": Fraction(0)},
    ]
    html = printed("{{ bars.chart('按类别', rows, '类别') }}", rows=rows, unit="亿元")
    assert html.count("<tr>") == 4
    assert "<title>再生水 25.0000</title>" in html
    assert 'role="img"' in html
    assert "规划未载明" in html
    assert "&lt;绿化&gt;" in html
    assert printed("{{ bars.chart('空', [], '类别') }}")


def test_lamps_are_shape_letter_and_colour() -> None:
    html = printed("{% for c in ['red','yellow','green','blue','grey'] %}{{ tables.lamp(c) }}{% endfor %}")
    for shape, letter in (("●", "红"), ("▲", "黄"), ("■", "绿"), ("◆", "蓝"), ("○", "灰")):
        assert f"{shape}</span>{letter}" in html


# ---- files


def test_every_file_that_pages_load_is_served_for_ever_and_compressed(sqlite_database: Database) -> None:
    client = visitor(create_app(sqlite_database))
    for asset in assets().values():
        answer = client.get(asset.path)
        assert (answer.status_code, answer.content) == (200, asset.body)
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
        assert client.get(asset.path, headers={"Accept-Encoding": "identity"}).content == asset.body
    assert set(VENDORED) < set(assets())


@pytest.mark.parametrize(
    "path", ["/static/0000/qingshan.css", "/static/../app.py", "/vendor/htmx-1/htmx.min.js", "/static/"]
)
def test_no_other_file_is_served(sqlite_database: Database, path: str) -> None:
    assert visitor(create_app(sqlite_database)).get(path).status_code == 404


@pytest.mark.parametrize(
    ("vendored", "said"),
    [
        (Vendored("/vendor/x", "no_such_package", "x.js", ""), "make setup"),
        (Vendored("/vendor/x", "django_htmx", "no/such/file.js", ""), "make setup"),
        (Vendored("/vendor/htmx-9", "django_htmx", "static/django_htmx/htmx-2.min.js", "9.9.9"), "not the version"),
    ],
)
def test_a_missing_or_different_file_stops_the_start_with_a_clear_sentence(vendored: Vendored, said: str) -> None:
    with pytest.raises(AssetMissing, match=said):
        _vendored(vendored)
