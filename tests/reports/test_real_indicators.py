"""The worked examples on the real plans and their real rules: 孝义 forest cover and 山西 erosion control."""

from core.database import Database
from core.settings import ROOT
from core.units import rounded_text
from portfolio.access import OPERATOR_READER
from reports.exports import plan_for
from reports.indicator_rows import indicator_rows
from reports.rollup import Scope
from reports.self_check_works import work_mismatches
from seed.loader import load_plans
from tests.databases import on_sqlite


def load(database: Database) -> None:
    """Loads 孝义 and 山西, which 孝义's projects support."""
    with database.writing() as session:
        load_plans(session, ROOT / "seed" / "plans", ["shanxi", "xiaoyi"])


two_plans = on_sqlite(load)


def rows_of(database: Database, plan: str) -> dict[str, dict[str, object]]:
    with database.reading() as session:
        found = plan_for(session, OPERATOR_READER, plan)
        rows = indicator_rows(session, OPERATOR_READER, found, Scope(20244))
    return {str(row["no"]): row for row in rows}


def test_forest_cover_of_xiaoyi_as_printed_and_in_the_low_reading(two_plans: Database) -> None:
    rows = rows_of(two_plans, "xiaoyi")
    assert len(rows) == 23
    row = rows["2"]
    assert (row["baseline"], row["target"], row["target_kind"], row["reference_target"]) == (
        "33.25", "完成市级下达指标", "delegated", "35",
    )  # fmt: skip
    assert (row["official"], row["rolled_up"], row["if_commitments_kept"]) == (None, None, "33.8844")
    assert (row["rolled_up_why_not"], row["if_commitments_kept_exact"]) == ("尚无计入的工程量", [640957, 18916])
    assert (row["if_commitments_kept_low"], row["if_commitments_kept_low_exact"]) == ("33.6024", [1906871, 56748])
    assert (row["if_all_finished"], row["if_all_finished_low"]) == ("33.8844", "33.6024")
    assert row["if_all_finished_exact"] == [640957, 18916]
    assert (row["needed"], row["planned"], row["works_unit"]) == ("24827.2500", "9000.0000", "亩")
    assert (row["support_pct"], row["support_pct_low"]) == ("36.2505", "20.1392")
    assert row["gap"] == {"value": "15827.2500", "value_exact": [63309, 4], "unit": "亩"}
    assert row["gap_low"] == {"value": "19827.2500", "value_exact": [79309, 4], "unit": "亩"}
    assert (row["verdict"], row["by_body"], row["why_not"]) == ("short", True, None)
    contributions = row["contributions"]
    assert isinstance(contributions, list)
    assert [(one["project"], one["quantity"], one["unit"], one["effect"], one["tier"]) for one in contributions] == [
        ("xiaoyi-01", "5000.0000", "亩", "3.3333", "planned"),
        ("xiaoyi-03", "4000.0000", "亩", "2.6667", "planned"),
    ]


def test_an_indicator_without_a_figure_says_why(two_plans: Database) -> None:
    for plan in ("xiaoyi", "shanxi"):
        for row in rows_of(two_plans, plan).values():
            assert (row["support_pct"] is None) == (row["why_not"] is not None) == (row["why_not_en"] is not None)
            gap = row["gap"]
            assert isinstance(gap, dict)
            assert (gap["value"] is None) == (gap["unit"] is None)
    assert "待上级下达" in str(rows_of(two_plans, "xiaoyi")["4"]["why_not"])


def test_erosion_control_of_shanxi_is_a_commitment_and_no_support(two_plans: Database) -> None:
    rows = rows_of(two_plans, "shanxi")
    rate, kept = (
        next(row for row in rows.values() if row["name"] == name) for name in ("水土流失治理度", "水土保持率")
    )
    assert (rate["rolled_up"], rate["if_commitments_kept"]) == (None, "83.8418")
    assert (rate["support_pct"], rate["needed"], rate["gap"]) == (
        None,
        None,
        {"value": None, "value_exact": None, "unit": None},
    )
    rule = rate["rule"]
    assert isinstance(rule, dict)
    assert (rule["whole_exact"], rule["whole_derived"]) in (([730, 67], True), ([7_300_000, 67], True))
    assert (kept["rolled_up"], kept["if_commitments_kept"], kept["support_pct"]) == (None, None, None)


def test_linked_projects_of_xiaoyi_stand_apart_in_shanxi(two_plans: Database) -> None:
    row = next(row for row in rows_of(two_plans, "shanxi").values() if row["name"] == "退化林修复面积")
    assert (row["planned_own"], row["planned_supported"], row["planned"]) == (None, "30000.0000", "30000.0000")


def test_the_second_path_agrees_on_the_real_plans(two_plans: Database) -> None:
    with two_plans.reading() as session:
        assert work_mismatches(session, 20244) == []


def test_texts_are_their_exact_pairs_rounded_half_up(two_plans: Database) -> None:
    from fractions import Fraction

    def check(found: object) -> int:
        if isinstance(found, list):
            return sum(map(check, found))
        if not isinstance(found, dict):
            return 0
        seen = 0
        for name, pair in found.items():
            if name.endswith("_exact"):
                text = found[name.removesuffix("_exact")]
                assert (pair is None and (text is None or name == "official_exact")) or text == rounded_text(
                    Fraction(*pair)
                )
                seen += pair is not None
            else:
                seen += check(pair)
        return seen

    assert check(list(rows_of(two_plans, "xiaoyi").values())) > 15
