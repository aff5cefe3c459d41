"""The quarterly report in English, workbook and Word file: the signs of our texts are English, and only plan data are Chinese."""

import json
import re

import pytest

from core.database import Database
from core.language import translate
from reports.edition_contents import contents_of
from reports.findings import words_in
from reports.quarterly import Issued
from reports.quarterly_data import canonical_data
from reports.word import filled_template
from reports.word_facts import word_facts
from reports.word_keeping import english_template
from tests.core.test_messages import ENGLISH, forms
from tests.databases import on_sqlite, plant
from tests.reports.quarter_samples import plant_quarter
from tests.reports.reading_workbooks import cells, opened, report_of, written
from tests.reports.word_samples import texts_of

# A full-width sign after our words, or a text of signs and Latin letters alone.
_SIGN_OF_OURS = re.compile("[A-Za-z0-9)%] ?[\u3000\u3001\u3002\u300c\u300d\uff08\uff09\uff0c\uff1a\uff1b]")
_LONG = 5  # shorter texts of ours may be words of the plan too
OURS = {text for message in ENGLISH for text in forms(message.id) if len(text) >= _LONG and "%(" not in text}


def _plant_all(database: Database) -> None:
    with database.writing() as session:
        plant_quarter(session)


english_quarter = on_sqlite(plant, _plant_all)


@pytest.mark.parametrize("period", ["2024Q4", "2024"])
def test_the_workbook_is_english(english_quarter: Database, period: str) -> None:
    report = report_of(english_quarter, "qingshan", period)
    texts = [value for value in cells(opened(written(report, language="en"))).values() if isinstance(value, str)]
    assert len(texts) > 200
    assert [text for text in texts if _SIGN_OF_OURS.search(text)] == []
    assert [text for text in texts if text in OURS] == []


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
