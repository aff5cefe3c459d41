"""The report of which an edition is made, and the files that are written of it. The same report gives the same bytes."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session

from core.calendar import Period, current_quarter, period_from_text, quarter_name
from portfolio.access import OPERATOR_READER, Reader
from portfolio.facts import AS_CORRECTED, AS_ISSUED
from portfolio.plans import Plan
from reports.edition_contents import contents_of
from reports.edition_reading import DATA, WORD, WORD_ENGLISH, WORKBOOK
from reports.edition_titles import full_name
from reports.findings import words_in
from reports.quarterly import Issued, QuarterlyReport, build
from reports.quarterly_data import canonical_data, canonical_record
from reports.quarterly_scope import plan_scope
from reports.word import WordFacts, filled_template
from reports.word_facts import sample_facts, word_facts
from reports.word_keeping import english_template, template_in_use
from reports.workbook import write_quarterly

LANGUAGE, UNIT = "zh", "万元"  # an edition speaks the language of the plans


@dataclass(frozen=True)
class EditionFiles:
    """The files of an edition by kind, what they are called, and how many rows of projects were compared with the roll-up."""

    title: str
    rows: int
    files: Mapping[str, bytes]


def edition_files(session: Session, plan: Plan, period: Period, *, issued: Issued, demo: bool) -> EditionFiles:
    """Builds the report of a plan as issued, at plan scope, and writes its files, the workbook and the Word files, in
    Chinese and in English, with its number.

    Errors: FiguresDisagree when the rows of the report are not what the roll-up says; those of filled_template.
    """
    assert plan.id is not None
    built = built_report(session, OPERATOR_READER, plan, period, AS_ISSUED)
    report = replace(built, cover=replace(built.cover, issued=issued))
    data = canonical_data(report)
    template, name = template_in_use(session, plan.id)

    def facts(language: str) -> WordFacts:
        words = words_in(language)
        told, made_on = contents_of(json.loads(data), UNIT, words), report.cover.as_of_on
        return word_facts(told, words, issued=issued, unit=UNIT, demo=demo, made_on=made_on)

    english, english_name = english_template()
    files = {
        DATA: data,
        WORKBOOK: written_workbook(report, demo=demo),
        WORD: filled_template(template, facts(LANGUAGE), name=name),
        WORD_ENGLISH: filled_template(english, facts("en"), name=english_name),
    }
    return EditionFiles(full_name(report.cover.short_title, period, words_in(LANGUAGE)), len(report.rows), files)


def built_report(session: Session, reader: Reader, plan: Plan, period: Period, edition: str) -> QuarterlyReport:
    """The report of a plan. Errors: those of build."""
    return build(session, reader, plan_scope(plan), period, edition=edition)


def data_now(session: Session, plan: Plan, period: Period) -> dict[str, Any]:
    """The canonical data of a period of a plan as corrected by now."""
    return json.loads(canonical_data(built_report(session, OPERATOR_READER, plan, period, AS_CORRECTED)))


def facts_to_try(session: Session, plan: Plan) -> list[WordFacts]:
    """What a Word template of a plan is tried with: its report of now, and lists that are full and empty."""
    quarter = min(max(current_quarter(), plan.start), plan.last_year * 10 + 4)
    report = built_report(session, OPERATOR_READER, plan, period_from_text(quarter_name(quarter)), AS_CORRECTED)
    made_on = report.cover.as_of_on
    now = word_facts(
        contents_of(canonical_record(report), UNIT, words_in(LANGUAGE)),
        words_in(LANGUAGE),
        issued=None,
        unit=UNIT,
        demo=True,
        made_on=made_on,
    )
    return [now, sample_facts(filled=True, made_on=made_on), sample_facts(filled=False, made_on=made_on)]


def live_workbook(
    session: Session, reader: Reader, plan: Plan, period: Period, *, language: str, demo: bool
) -> tuple[str, bytes]:
    """The report of a plan as it stands now for a reader: its name and its workbook, in the reader's language."""
    report = built_report(session, reader, plan, period, AS_CORRECTED)
    name = full_name(report.cover.short_title, period, words_in(language))
    return name, written_workbook(report, language=language, demo=demo)


def written_workbook(report: QuarterlyReport, *, language: str = LANGUAGE, demo: bool) -> bytes:
    made = io.BytesIO()
    write_quarterly(report, made, language=language, unit=UNIT, demo=demo)
    return made.getvalue()
