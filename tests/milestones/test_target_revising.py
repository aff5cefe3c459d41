"""Targets are revised with document, reason and approver, from a quarter on; the old text stays."""

from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session

from core.audit import history
from core.database import Database
from core.errors import Broken, Invalid, Missing, Stale
from milestones.indicators import Target, targets_in_force
from milestones.quantities import NotAQuantity
from milestones.target_revising import (
    BeforeThePlan,
    NewTarget,
    NoGradeNamed,
    NothingRevised,
    RangeBackwards,
    TargetBasis,
    revise_target,
    target_history,
)
from tests.milestones.reading_samples import indicator, plant_indicators, problems_of
from tests.samples import SOMEBODY

BASIS = TargetBasis(20231, "吕政发〔2023〕9号", "市级下达", "吕梁市人民政府")
BY_SUPERIOR = NewTarget("number", "到2025年森林覆盖率不低于35.2%", "≥", "35.2", target_year=2025)


@pytest.fixture
def planted(stored: Database) -> Database:
    with stored.writing() as session:
        plant_indicators(session)
    return stored


def revised(session: Session, new: NewTarget = BY_SUPERIOR, no: str = "1", version: int | None = None) -> Target:
    row = indicator(session, no)
    return revise_target(session, row, new, BASIS, expected_version=version or row.row_version, by=SOMEBODY)


def held(session: Session, quarter: int, no: str = "1") -> Target:
    id_ = indicator(session, no).id or 0
    return targets_in_force(session, [id_], quarter)[id_]


def refused(
    database: Database, new: NewTarget, basis: TargetBasis = BASIS, no: str = "1"
) -> list[tuple[type, str | None]]:
    with pytest.raises(Broken) as raised, database.writing() as session:
        revise_target(session, indicator(session, no), new, basis, expected_version=1, by=SOMEBODY)
    with database.reading() as session:
        assert len(target_history(session, indicator(session, no).id or 0)) == 1
    return [(type(one), one.field) for one in problems_of(raised.value)]


def test_the_superiors_number_supersedes_a_delegated_target_from_its_quarter_on(planted: Database) -> None:
    with planted.writing() as session:
        row = revised(session)
        assert (row.document, row.reason, row.approver, row.supplied_by) == (
            BASIS.document,
            BASIS.reason,
            BASIS.approver,
            SOMEBODY.name,
        )
        before, after = held(session, 20224), held(session, 20231)
        assert (before.kind, before.printed, before.reference_micro) == ("delegated", "完成市级下达指标", 35_000_000)
        assert (after.kind, after.value_micro, after.reference_micro) == ("number", 35_200_000, None)
        assert [one.printed for one in target_history(session, row.indicator_id)] == [
            BY_SUPERIOR.printed,
            "完成市级下达指标",
        ]
        line = history(session, "indicator", row.indicator_id)[0]
        assert line.action == "revise-target"
        assert ("printed", "完成市级下达指标", BY_SUPERIOR.printed) in line.changes
        assert ("document", None, BASIS.document) in line.changes


@pytest.mark.parametrize("missing", ["document", "reason", "approver"])
def test_a_change_without_document_reason_or_approver_is_refused(planted: Database, missing: str) -> None:
    assert refused(planted, BY_SUPERIOR, replace(BASIS, **{missing: " "})) == [(Missing, missing)]


@pytest.mark.parametrize(
    ("no", "changes", "problem", "field"),
    [
        ("1", {"printed": ""}, Missing, "printed"),
        ("1", {"value": ""}, Missing, "value"),
        ("1", {"value": "三十五"}, NotAQuantity, "value"),
        ("1", {"value": "135"}, Invalid, "value"),
        ("1", {"value": "-1"}, Invalid, "value"),
        ("1", {"operator": ""}, Missing, "operator"),
        ("1", {"operator": "≈"}, Invalid, "operator"),
        ("1", {"kind": "range", "operator": None, "high": "34"}, RangeBackwards, "high"),
        ("1", {"kind": "range", "operator": None}, Missing, "high"),
        ("1", {"kind": "none", "operator": None, "value": None}, Invalid, "kind"),
        ("1", {"kind": "keep", "operator": None}, Invalid, "value"),
        ("1", {"target_year": 1899}, Invalid, "target_year"),
        ("4", {"kind": "grade", "operator": None, "value": None, "printed": "优良"}, NoGradeNamed, "printed"),
    ],
)
def test_what_is_no_target_is_refused_at_its_field(
    planted: Database, no: str, changes: dict[str, Any], problem: type[Broken], field: str
) -> None:
    assert refused(planted, replace(BY_SUPERIOR, **changes), no=no) == [(problem, field)]


def test_a_target_holds_from_no_quarter_before_the_plan(planted: Database) -> None:
    assert refused(planted, BY_SUPERIOR, replace(BASIS, from_quarter=20204)) == [(BeforeThePlan, "from_quarter")]


@pytest.mark.parametrize(
    ("no", "new", "kept"),
    [
        ("1", NewTarget("range", "34～36", value="34", high="36"), ("range", None, 34_000_000, 36_000_000)),
        ("1", NewTarget("keep", "不降低"), ("keep", None, None, None)),
        ("1", NewTarget("trend", "持续上升"), ("trend", None, None, None)),
        ("2", NewTarget("number", "-5", "≥", "-5"), ("number", "≥", -5_000_000, None)),
        ("4", NewTarget("grade", "Ⅱ类"), ("grade", None, None, None)),
        ("5", NewTarget("qualitative", "全面达标"), ("qualitative", None, None, None)),
    ],
)
def test_every_kind_of_target_can_be_set(planted: Database, no: str, new: NewTarget, kept: tuple[Any, ...]) -> None:
    with planted.writing() as session:
        row = revised(session, new, no)
        assert (row.kind, row.operator, row.value_micro, row.high_micro) == kept


def test_a_target_that_stays_delegated_keeps_the_number_of_the_body(planted: Database) -> None:
    with planted.writing() as session:
        row = revised(session, NewTarget("delegated", "完成省级下达指标"))
        assert (row.reference_operator, row.reference_micro) == ("≥", 35_000_000)


def test_the_same_target_again_is_no_revision(planted: Database) -> None:
    with planted.writing() as session:
        revised(session)
        with pytest.raises(NothingRevised):
            revised(session)


def test_a_stale_revision_is_refused(planted: Database) -> None:
    with planted.writing() as session:
        revised(session, version=1)
        with pytest.raises(Stale) as raised:
            revised(session, replace(BY_SUPERIOR, value="36"), version=1)
        assert SOMEBODY.name in str(raised.value)
