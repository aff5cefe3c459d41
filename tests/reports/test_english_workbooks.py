"""What we write in English, workbooks and Word files: the signs of our texts are English, and only plan data are Chinese."""

import json
import re
from io import BytesIO

import pytest

from core.calendar import period_from_text
from core.database import Database
from core.language import translate
from portfolio.access import OPERATOR_READER
from reports.carry_over import carry_over_list
from reports.edition_contents import contents_of
from reports.findings import words_in
from reports.quarterly import Issued
from reports.quarterly_data import canonical_data
from reports.return_workbooks import make_workbook
from reports.self_evaluation import self_evaluation
from reports.word import filled_template
from reports.word_facts import word_facts
from reports.word_keeping import english_template
from reports.workbook_carry_over import write_carry_over
from reports.workbook_self_evaluation import write_self_evaluation
from tests.core.test_messages import ENGLISH, forms
from tests.databases import on_sqlite, plant
from tests.milestones.performance_samples import make_targets
from tests.reports.quarter_samples import plant_quarter
from tests.reports.reading_workbooks import cells, opened, report_of, written
from tests.reports.return_workbook_samples import open_desk, return_of
from tests.reports.word_samples import texts_of
from tests.samples import SOMEBODY, find_small_plan

# A full-width sign after our words, or a text of signs and Latin letters alone.
_SIGN_OF_OURS = re.compile("[A-Za-z0-9)%] ?[\u3000\u3001\u3002\u300c\u300d\uff08\uff09\uff0c\uff1a\uff1b]")
_LONG = 5  # shorter texts of ours may be words of the plan too
OURS = {text for message in ENGLISH for text in forms(message.id) if len(text) >= _LONG and "%(" not in text}


def _plant_all(database: Database) -> None:
    with database.writing() as session:
        plant_quarter(session)


english_quarter = on_sqlite(plant, _plant_all)
open_desk_database = on_sqlite(plant, open_desk)


@pytest.mark.parametrize("period", ["2024Q4", "2024"])
def test_the_workbook_is_english(english_quarter: Database, period: str) -> None:
    report = report_of(english_quarter, "qingshan", period)
    must_be_english(written(report, language="en"), 200)


def test_the_word_file_is_english_and_carries_its_number_and_issue(english_quarter: Database) -> None:
    report = report_of(english_quarter, "qingshan")
    words, (template, name) = words_in("en"), english_template()
    contents = contents_of(json.loads(canonical_data(report)), "万元", words)
    facts = word_facts(contents, words, issued=Issued(12, 3), unit="万元", demo=False, made_on=report.cover.as_of_on)
    texts = texts_of(filled_template(template, facts, name=name))
    numbered = translate("第 %(number)s 号 · 总第 %(issue)s 期", "en") % {"number": 12, "issue": 3}
    assert any(numbered in text for text in texts)
    assert [text for text in texts if _SIGN_OF_OURS.search(text)] == []
    assert [text for text in texts if text in OURS] == []


def must_be_english(content: bytes, least: int) -> None:
    texts = [value for value in cells(opened(content)).values() if isinstance(value, str)]
    assert len(texts) > least
    assert [text for text in texts if _SIGN_OF_OURS.search(text)] == []
    assert [text for text in texts if text in OURS] == []


def test_the_list_of_what_is_carried_over_is_english(english_quarter: Database) -> None:
    target = BytesIO()
    with english_quarter.reading() as session:
        carried = carry_over_list(session, OPERATOR_READER, find_small_plan(session).plan, 20244)
    write_carry_over(carried, target, language="en", unit="万元", demo=False)
    must_be_english(target.getvalue(), 40)


def test_a_self_evaluation_is_english(english_quarter: Database) -> None:
    target = BytesIO()
    with english_quarter.writing() as session:
        make_targets(session, find_small_plan(session).forest)
        session.flush()
        form = self_evaluation(session, OPERATOR_READER, "qingshan-01", period_from_text("2024"))
        write_self_evaluation(form, target, language="en", unit="万元", demo=False)
    must_be_english(target.getvalue(), 40)


def test_a_return_to_fill_in_is_english(open_desk_database: Database) -> None:
    target = BytesIO()
    with open_desk_database.writing() as session:
        make_workbook(session, return_of(session), target, language="en", by=SOMEBODY)
    must_be_english(target.getvalue(), 100)
