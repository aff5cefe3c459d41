"""The roll-up rules of the plans: every indicator decided once, numbers exact, loaded once, never over a person's change."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from core.database import Database
from core.settings import settings
from core.text import matching_key
from portfolio.values import Basis
from seed.checking import SeedFolder, SeedNotLoaded, read_folder
from seed.links import FILE as LINKS
from seed.links import read_links
from seed.rule_checking import rule_problems
from seed.rule_records import SeedAmount
from seed.rules import KINDS_FILE, read_kinds
from tests.seed.rule_samples import SHARED, copied, load, spoil

PLANS = ("jinzhong", "linfen", "shanxi", "tunliu", "xiaoyi")
# The other way round, above what the file says.
BACK = "overlaps:\n  - {contradiction: xiaoyi-x17, measure: 营造林面积, inner: xiaoyi-01, outer: xiaoyi-03}"
BY_OFFICE = Basis(from_quarter=20211, document="晋政函〔2023〕7号", reason="按省级核定")


@pytest.fixture(scope="module")
def folders() -> dict[str, SeedFolder]:
    return {code: read_folder(settings().seed_folder / code) for code in PLANS}


# ---- the files


@pytest.mark.parametrize("code", PLANS)
def test_every_indicator_has_a_rule_or_a_reason_and_an_aggregation(code: str, folders: dict[str, SeedFolder]):
    kinds = read_kinds(SHARED / KINDS_FILE)
    assert [str(problem) for problem in rule_problems(folders[code], kinds)] == []


def test_every_kind_of_reason_is_used(folders: dict[str, SeedFolder]):
    used = {one.kind for seed in folders.values() for one in (*seed.rules.cannot, *seed.rules.rules)}
    assert {kind.key for kind in read_kinds(SHARED / KINDS_FILE).kinds} == used - {None}


def test_ratios_are_never_averaged_or_summed_over_places(folders: dict[str, SeedFolder]):
    for seed in folders.values():
        units = {one.key: (one.unit, one.change) for one in seed.indicators.indicators}
        for group in seed.rules.aggregation:
            for key in group.indicators:
                unit, change = units[key]
                if unit in ("%", "‰") and not change:
                    assert (group.over_time, group.over_places) == ("last", "ratio"), key
                if group.over_time == "average":
                    assert unit == "微克/立方米", key


def whole_of(folders: dict[str, SeedFolder], key: str) -> SeedAmount:
    rules = folders[key.split("-", maxsplit=1)[0]].rules.rules
    whole = next(rule.whole for rule in rules if rule.indicator == key)
    assert whole is not None
    return whole


def test_linfen_territory_follows_from_the_eroding_area_and_its_share(folders: dict[str, SeedFolder]):
    whole = whole_of(folders, "linfen-i22")
    assert whole.value is not None
    exact = Decimal(14374) / Decimal("0.709")
    assert Decimal(whole.value) == exact.quantize(Decimal("0.000001"), ROUND_HALF_UP)
    assert "14374平方千米" in whole.derived_from[0].wording
    assert "70.9%" in whole.derived_from[0].wording


@pytest.mark.parametrize(
    ("key", "part", "percent", "places"),
    [
        ("shanxi-i015", 41, "70.7", 1),
        ("shanxi-i082", 10, "47.6", 1),
        ("shanxi-i085", 4, "40.0", 1),
        ("shanxi-i087", 9, "75", 0),
        ("shanxi-i089", 10, "90.9", 1),
        ("shanxi-i091", 9, "100", 0),
        ("jinzhong-i05", 8, "72.73", 2),
    ],
)
def test_the_number_of_sections_is_the_only_one_that_gives_the_printed_share(
    folders: dict[str, SeedFolder], key: str, part: int, percent: str, places: int
):
    step = Fraction(1, 2 * 10**places)
    fitting = [n for n in range(part, 200) if abs(Fraction(100 * part, n) - Fraction(percent)) <= step]
    assert fitting == [int(whole_of(folders, key).value or 0)]


def test_territories_from_outside_the_plan_name_their_source_and_year(folders: dict[str, SeedFolder]):
    for key, value, words in (
        ("jinzhong-i22", "16392", ("规划未载明", "山西统计年鉴-2016")),
        ("shanxi-i019", "15.67", ("规划未载明", "2019年")),
    ):
        whole = whole_of(folders, key)
        assert whole.value == value
        assert whole.cite is None
        assert all(word in (whole.source or "") for word in words)


def test_a_territory_without_a_source_of_authority_stays_unknown(folders: dict[str, SeedFolder]):
    rule = next(one for one in folders["tunliu"].rules.rules if one.indicator == "tunliu-i02")
    assert rule.whole is not None
    assert rule.whole.value is None
    assert "1142与1190.38" in (rule.why_not or "")


def test_soil_conservation_and_erosion_control_are_kept_apart(folders: dict[str, SeedFolder]):
    rules = {rule.indicator: rule for rule in folders["shanxi"].rules.rules}
    control, conservation = rules["shanxi-i021"], rules["shanxi-i079"]
    assert control.start is not None
    assert (control.formula, control.start.value, control.start.unit) == ("share", "7.3", "万平方公里")
    assert control.whole is not None
    assert control.whole.value is None  # it follows from the start and the 67 %
    assert (conservation.formula, conservation.kind, conservation.measures) == ("none", "soil-conservation", [])


def test_every_link_is_quoted_rightly_from_both_plans(plan_texts: Path):
    for link in read_links(SHARED / LINKS).links:
        for end in (link.project, link.programme):
            lines = (plan_texts / f"{end.plan}.txt").read_text(encoding="utf-8").split("\n")
            first, last = end.cite.lines
            assert matching_key(end.wording) in matching_key("".join(lines[first - 1 : last])), end.key


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[xiaoyi-i04]", "[xiaoyi-i01]", "indicator xiaoyi-i01 is decided twice"),
        ("kind: ecology-index", "kind: ecologyindex", "unknown kind ecologyindex"),
        ("indicator: xiaoyi-i02", "indicator: xiaoyi-i99", "unknown indicator xiaoyi-i99"),
        ("unit: 亩", "unit: 米", "米 cannot be added up in 平方公里"),
        ("factor: ", "factr: ", "factr"),
        ("value: '945.8'", "value: '945.8abc'", "plain decimal"),
        ("inner: xiaoyi-03", "inner: xiaoyi-02", "has no quantity of 营造林面积"),
        (
            "inner: xiaoyi-03, outer: xiaoyi-01",
            "inner: xiaoyi-01, outer: xiaoyi-01",
            "xiaoyi-01 already lies in xiaoyi-01",
        ),
        ("overlaps:", BACK, "xiaoyi-01 already lies in xiaoyi-03"),
        ("contradiction: xiaoyi-x17", "contradiction: xiaoyi-x99", "unknown contradiction xiaoyi-x99"),
        ("xiaoyi-i11, xiaoyi-i19,", "xiaoyi-i11,", "indicator xiaoyi-i19 is not aggregated"),
    ],
)
def test_a_mistake_in_the_rules_is_named_by_file_and_line(
    sqlite_database: Database, tmp_path: Path, old: str, new: str, says: str
):
    folder = copied(tmp_path, "xiaoyi")
    path = folder / "xiaoyi" / "rules.yaml"
    if old == "factor: ":
        spoil(path, "        assumption: 营造林", "        factor: '1'\n        assumption: 营造林")
    spoil(path, old, new)
    with pytest.raises(SeedNotLoaded) as raised:
        load(sqlite_database, folder)
    problems = raised.value.problems
    assert any(says in str(problem) and problem.file == path and problem.line > 1 for problem in problems), [
        str(problem) for problem in problems
    ]
