"""The tree of funding sources: what may stand where, what stays as it is, and which words name a source."""

from dataclasses import replace

import pytest
from sqlmodel import Session, select

from budgets.ledger import record_entry
from budgets.source_editing import (
    BelowRetired,
    FiscalFixed,
    HoldsMoney,
    NoOtherPending,
    SourceLoop,
    SourceTaken,
    SourceValues,
    StillUsed,
    add_source,
    edit_source,
    source_values,
)
from budgets.sources import (
    FundingSource,
    NotAnEnd,
    Retired,
    UnknownSource,
    fiscal_ids,
    source_by_name,
    source_tree,
    source_with_id,
)
from core.audit import AuditEntry
from core.database import Database
from core.errors import Broken, Invalid, Missing, SeveralBroken, Stale, TooLong
from tests.budgets.ledger_samples import an_entry
from tests.samples import SOMEBODY, find_small_plan


def a_source(session: Session, name: str, parent: FundingSource | None = None, **more: object) -> FundingSource:
    values = SourceValues(name, f"{name} (en)", None if parent is None else parent.id, 0, True, **more)  # type: ignore[arg-type]
    return add_source(session, None, values, by=SOMEBODY)


def change(session: Session, row: FundingSource, *, reason: str = "机构调整", **changes: object) -> bool:
    values = replace(source_values(row), **changes)  # type: ignore[arg-type]
    return edit_source(session, row, values, expected_version=row.row_version, reason=reason, by=SOMEBODY)


def fields(caught: pytest.ExceptionInfo[SeveralBroken]) -> dict[str | None, type[Broken]]:
    return {problem.field: type(problem) for problem in caught.value.problems}


def test_the_tree_reads_headings_first_and_only_ends_take_money(database: Database) -> None:
    with database.writing() as session:
        local = a_source(session, "地方资金")
        county = a_source(session, "县级", local)
        central = a_source(session, "中央资金")
        tree = source_tree(session)
        assert [(node.source.name, node.depth, node.takes_money) for node in tree] == [
            ("地方资金", 1, False),
            ("县级", 2, True),
            ("中央资金", 1, True),
        ]
        assert tree[1].path == ("地方资金", "县级")
        assert set(fiscal_ids(session)) == {local.id, county.id, central.id}


def test_a_source_is_named_by_its_names_its_key_or_a_line_that_is_its_alone(database: Database) -> None:
    with database.writing() as session:
        local = a_source(session, "地方资金")
        county = a_source(session, "县级财政", local, dispatch="县级财政资金", finance="一般公共预算资金")
        a_source(session, "市级财政", local, finance="一般公共预算资金")
        tree = source_tree(session)
        for text in ("县级财政", " 县级 财政 ", "县级财政 (EN)", county.key.upper(), "县级财政资金"):
            assert source_by_name(tree, text).id == county.id
        with pytest.raises(UnknownSource) as unknown:
            source_by_name(tree, "一般公共预算资金")  # two sources stand on that line: money is never guessed
        assert "县级财政、市级财政" in str(unknown.value)
        with pytest.raises(NotAnEnd, match="请选到末级：县级财政、市级财政"):
            source_by_name(tree, "地方资金")
        with pytest.raises(UnknownSource):
            source_with_id(session, 10_000)


def test_a_retired_source_takes_no_new_entry_and_keeps_its_old_ones(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        source = a_source(session, "县级财政")
        record_entry(session, small.forest, an_entry(source_id=source.id), by=SOMEBODY)
        assert change(session, source, retired=True)
        with pytest.raises(Retired):
            source_by_name(source_tree(session), "县级财政")
        with pytest.raises(SeveralBroken) as caught:
            record_entry(session, small.forest, an_entry(source_id=source.id, wan=5), by=SOMEBODY)
        assert fields(caught) == {"source": Retired}


def test_no_two_sources_have_one_name(database: Database) -> None:
    with database.writing() as session:
        a_source(session, "县级财政")
        other = a_source(session, "市级财政")
        with pytest.raises(SourceTaken):
            a_source(session, "县级　财政")
        with pytest.raises(SourceTaken):
            change(session, other, name="县级财政")


def test_a_source_stands_neither_below_itself_nor_deeper_than_three(database: Database) -> None:
    with database.writing() as session:
        first = a_source(session, "一")
        second = a_source(session, "二", first)
        third = a_source(session, "三", second)
        with pytest.raises(SourceLoop):
            a_source(session, "四", third)
        with pytest.raises(SourceLoop):
            change(session, first, parent_id=third.id)
        with pytest.raises(SourceLoop):
            change(session, first, parent_id=first.id)
        above = a_source(session, "零")
        with pytest.raises(SourceLoop):
            change(session, first, parent_id=above.id)  # the three below it would be four
        assert change(session, second, parent_id=above.id)
        with pytest.raises(Missing):
            change(session, second, parent_id=999)


def test_what_holds_money_becomes_no_heading_and_stays_fiscal_or_not(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        county, other = a_source(session, "县级财政"), a_source(session, "市级财政")
        record_entry(session, small.forest, an_entry(source_id=county.id), by=SOMEBODY)
        with pytest.raises(HoldsMoney):
            a_source(session, "乡镇", county)
        with pytest.raises(HoldsMoney):
            change(session, other, parent_id=county.id)
        with pytest.raises(FiscalFixed):
            change(session, county, fiscal=False)
        assert change(session, other, fiscal=False)
        assert change(session, county, name="县本级财政")


def test_a_heading_is_retired_after_what_stands_below_it(database: Database) -> None:
    with database.writing() as session:
        local = a_source(session, "地方资金")
        county = a_source(session, "县级财政", local)
        with pytest.raises(StillUsed, match="县级财政"):
            change(session, local, retired=True)
        change(session, county, retired=True)
        assert change(session, local, retired=True)
        with pytest.raises(BelowRetired):
            change(session, county, retired=False)
        with pytest.raises(BelowRetired):
            a_source(session, "乡镇财政", local)


def test_pending_money_is_neither_retired_nor_fiscal_nor_a_heading(database: Database) -> None:
    with database.writing() as session:
        values = SourceValues("资金渠道待定", "To be determined", None, 9, False)
        pending = add_source(session, "pending", values, pending=True, by=SOMEBODY)
        for changes in ({"retired": True}, {"fiscal": True}):
            with pytest.raises(NoOtherPending):
                change(session, pending, **changes)
        with pytest.raises(HoldsMoney):
            a_source(session, "银行贷款待定", pending)


def test_an_edit_needs_a_reason_the_present_version_and_a_change(database: Database) -> None:
    with database.writing() as session:
        source = a_source(session, "县级财政")
        with pytest.raises(SeveralBroken) as caught:
            change(session, source, name="", name_en="x" * 81, position=-1, reason=" ", dispatch="长" * 61)
        assert fields(caught) == {
            "name": Missing,
            "name_en": TooLong,
            "dispatch": TooLong,
            "position": Invalid,
            "reason": Missing,
        }
        assert not change(session, source)
        assert source.row_version == 1
        with pytest.raises(Stale):
            edit_source(session, source, source_values(source), expected_version=7, reason="x", by=SOMEBODY)


def test_every_change_leaves_an_audit_row_with_its_reason(database: Database) -> None:
    with database.writing() as session:
        source = a_source(session, "县级财政")
        change(session, source, name="县本级财政", position=4, reason="统一名称")
        rows = session.exec(
            select(AuditEntry).where(AuditEntry.subject == "funding_source").order_by(AuditEntry.id)  # type: ignore[arg-type]
        ).all()
        assert [row.action for row in rows] == ["create", "edit"]
        assert rows[1].reason == "统一名称"
        assert rows[1].before == '{"name":"县级财政","position":0}'
        assert rows[1].after == '{"name":"县本级财政","position":4}'
