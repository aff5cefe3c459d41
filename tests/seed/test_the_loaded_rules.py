"""The roll-up rules as they are loaded: once, cited, and never over what a person changed."""

from pathlib import Path

from sqlmodel import Session, func, select

from core.database import Database
from milestones.indicator_rules import IndicatorRule, Overlap, ProgrammeLink, RuleMeasure
from milestones.indicators import Indicator, Target
from milestones.quantities import Measure
from milestones.rule_changing import NewRule, NewShare, change_rule
from milestones.rule_setting import HeldRule, find_rule
from milestones.target_revising import NewTarget, TargetBasis, revise_target
from portfolio.citations import citations_of
from portfolio.contradictions import Contradiction
from portfolio.dated import find_in_force
from portfolio.plans import Plan, Programme
from portfolio.projects import Project
from portfolio.values import Basis
from seed.links import FILE as LINKS
from seed.links import OURS
from tests.databases import on_both, on_sqlite
from tests.real_plans import load_xiaoyi
from tests.samples import SOMEBODY
from tests.seed.rule_samples import copied, load, spoil

sqlite_database, database = on_sqlite(load_xiaoyi), on_both(load_xiaoyi)
BY_OFFICE = Basis(from_quarter=20211, document="晋政函〔2023〕7号", reason="按省级核定")


def indicator(session: Session, key: str) -> Indicator:
    return session.exec(select(Indicator).where(Indicator.key == key)).one()


def rule_of(session: Session, key: str, quarter: int = 20254) -> HeldRule:
    held = find_rule(session, indicator(session, key).id or 0, quarter)
    assert held is not None
    return held


def test_a_rule_is_loaded_with_its_measure_citations_and_assumption(sqlite_database: Database):
    with sqlite_database.reading() as session:
        held = rule_of(session, "xiaoyi-i02")
        rule = held.rule
        assert (rule.formula, rule.whole_micro, rule.whole_unit) == ("share", 945_800_000, "平方公里")
        (share, measure), *rest = held.measures
        assert rest == []
        assert (measure.name, share.factor_numerator, share.factor_denominator) == ("营造林面积", 1, 1)
        assert (share.tier, share.lag_years) == ("verified", 0)
        assert share.assumption_en
        cited = citations_of(session, "indicator_rule", [rule.id or 0])[rule.id or 0]
        assert {(one.field, one.first_line) for one in cited} == {("", 336), ("whole", 42)}
        villages = rule_of(session, "xiaoyi-i11").rule
        assert (villages.whole_micro, villages.start_micro) == (224_000_000, None)
        assert "2020年" in (villages.why_not or "")
        air = rule_of(session, "xiaoyi-i05").rule
        assert air.formula == "none"
        assert air.why_not_en
        row = indicator(session, "xiaoyi-i06")
        assert (row.over_time, row.over_places) == ("average", "none")
        assert (indicator(session, "xiaoyi-i02").over_places, indicator(session, "xiaoyi-i23").over_places) == (
            "ratio",
            "sum",
        )


def test_overlaps_name_the_contradiction_that_says_so(sqlite_database: Database):
    with sqlite_database.reading() as session:
        codes = {row.id: row.code for row in session.exec(select(Project))}
        keys = {row.id: row.key for row in session.exec(select(Contradiction))}
        names = {row.id: row.name for row in session.exec(select(Measure))}
        found = {
            (
                keys[row.contradiction_id],
                names[row.measure_id],
                codes[row.inner_project_id],
                codes[row.outer_project_id],
            )
            for row in session.exec(select(Overlap))
        }
    assert found == {
        ("xiaoyi-x17", "营造林面积", "xiaoyi-03", "xiaoyi-01"),
        ("xiaoyi-x20", "退化林修复面积", "xiaoyi-03", "xiaoyi-01"),
    }


def counts(database: Database) -> tuple[int, ...]:
    with database.reading() as session:
        return tuple(
            session.exec(select(func.count()).select_from(table)).one()
            for table in (IndicatorRule, RuleMeasure, Overlap, ProgrammeLink, Target)
        )


def test_loading_again_writes_no_rule_twice(sqlite_database: Database, tmp_path: Path):
    folder = copied(tmp_path, "xiaoyi")
    before = counts(sqlite_database)
    again = load(sqlite_database, folder)
    assert [(one.tally.created, one.tally.changed, one.tally.differences) for one in again] == [(0, 0, [])] * len(again)
    assert counts(sqlite_database) == before


def test_a_corrected_rule_replaces_the_old_one_and_keeps_it_as_history(sqlite_database: Database, tmp_path: Path):
    folder = copied(tmp_path, "xiaoyi")
    spoil(
        folder / "xiaoyi" / "rules.yaml",
        "        assumption: 营造林",
        "        lag_years: 3\n        assumption: 营造林",
    )
    again = load(sqlite_database, folder)
    assert (again[0].tally.created, again[0].tally.changed) == (0, 1)
    with sqlite_database.reading() as session:
        assert rule_of(session, "xiaoyi-i02").measures[0][0].lag_years == 3
        id_ = indicator(session, "xiaoyi-i02").id
        rows = session.exec(select(IndicatorRule).where(IndicatorRule.indicator_id == id_)).all()
        assert sorted(row.effective_until or 0 for row in rows) == [0, 20211]


def test_a_rule_and_a_target_that_a_person_set_from_the_start_stay_and_are_listed(database: Database, tmp_path: Path):
    folder = copied(tmp_path, "xiaoyi")
    share = NewShare("营造林面积", "0.85", "surviving", "3", "按成活率折算")
    rule = NewRule("share", (share,), "国土面积", "945.8", "平方公里", "规划第42行")
    target = NewTarget("number", "35%", "≥", "35", target_year=2025)
    with database.writing() as session:
        row = indicator(session, "xiaoyi-i02")
        change_rule(session, row, rule, BY_OFFICE, expected_version=1, by=SOMEBODY)
        basis = TargetBasis(20211, "吕政发〔2021〕9号", "市级下达", "吕梁市人民政府")
        revise_target(session, row, target, basis, expected_version=2, by=SOMEBODY)
    again = load(database, folder)[0].tally
    assert (again.created, again.changed) == (0, 0)
    assert {(one.key, one.field, one.supplied_by) for one in again.differences} == {
        ("xiaoyi-i02", "rule", SOMEBODY.name),
        ("xiaoyi-i02", "target", SOMEBODY.name),
    }
    with database.reading() as session:
        measure, _ = rule_of(session, "xiaoyi-i02").measures[0]
        assert (measure.factor_numerator, measure.factor_denominator, measure.lag_years) == (17, 20, 3)
        held = find_in_force(session, Target, {"indicator_id": indicator(session, "xiaoyi-i02").id}, 20254)
        assert held is not None
        assert (held.kind, held.value_micro, held.reference_micro) == ("number", 35_000_000, None)


def test_a_later_rule_leaves_the_plans_start_to_the_file(sqlite_database: Database, tmp_path: Path):
    folder = copied(tmp_path, "xiaoyi")
    with sqlite_database.writing() as session:
        row = indicator(session, "xiaoyi-i02")
        later = Basis(from_quarter=20241, document="晋林函〔2024〕2号", reason="口径调整")
        rule = NewRule("none", why_not="改由遥感监测，不再推算")
        change_rule(session, row, rule, later, expected_version=1, by=SOMEBODY)
    again = load(sqlite_database, folder)[0].tally
    assert (again.created, again.changed, again.differences) == (0, 0, [])
    with sqlite_database.reading() as session:
        assert rule_of(session, "xiaoyi-i02", 20234).rule.formula == "share"
        assert rule_of(session, "xiaoyi-i02", 20241).rule.formula == "none"


def test_links_are_made_once_both_plans_are_there_and_say_that_they_are_ours(sqlite_database: Database, tmp_path: Path):
    with sqlite_database.reading() as session:
        assert session.exec(select(func.count()).select_from(ProgrammeLink)).one() == 0
    folder = copied(tmp_path / "both", "xiaoyi", "shanxi")
    for expected in (3, 0):
        of_links = next(one for one in load(sqlite_database, folder) if one.code == LINKS)
        assert (of_links.tally.created, of_links.tally.changed) == (expected, 0)
    with sqlite_database.reading() as session:
        plans = {row.id: row.code for row in session.exec(select(Plan))}
        codes = {row.id: row.code for row in session.exec(select(Project))}
        keys = {row.id: row.key for row in session.exec(select(Programme))}
        rows = session.exec(select(ProgrammeLink)).all()
        assert {(codes[row.project_id], keys[row.programme_id]) for row in rows} == {
            ("xiaoyi-01", "tuihualin"),
            ("xiaoyi-03", "tuihualin"),
            ("xiaoyi-07", "shuishengtai"),
        }
        assert all(row.document == OURS and row.reason for row in rows)
        ids = [row.id or 0 for row in rows]
        assert {
            plans[one.plan_id] for many in citations_of(session, "programme_link", ids).values() for one in many
        } == {"xiaoyi"}
        above = citations_of(session, "programme_link_above", ids)
        assert {plans[one.plan_id] for many in above.values() for one in many} == {"shanxi"}
    with sqlite_database.writing() as session:
        row = session.exec(select(ProgrammeLink)).first()
        assert row is not None
        row.effective_until = row.effective_from  # the office ended it
        session.add(row)
    of_links = next(one for one in load(sqlite_database, folder) if one.code == LINKS)
    assert (of_links.tally.created, of_links.tally.changed) == (0, 0)
