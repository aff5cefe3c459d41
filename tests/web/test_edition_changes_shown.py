"""What differs between editions, in words: no code of the data is shown to people."""

import pytest

from core.language import translate
from milestones.indicator_math import VERDICTS
from milestones.indicators import TARGET_KINDS
from milestones.milestones import MILESTONE_KINDS
from milestones.support import SUPPORT_VERDICTS
from reports.edition_comparing import compare
from reports.quarterly_lists import STANDINGS
from web.edition_changes_shown import changes_shown, field_label, printed_value
from web.edition_fields import FIELD_LABELS

IN_WORDS = {
    "standing": STANDINGS,
    "achieved": VERDICTS,
    "coverage.verdict": SUPPORT_VERDICTS,
    "target_kind": TARGET_KINDS,
    "kind": MILESTONE_KINDS,
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("field", IN_WORDS)
def test_a_code_is_shown_in_the_words_of_its_field(field: str, language: str) -> None:
    assert field_label(field, FIELD_LABELS, language) != field
    for code, words in IN_WORDS[field].items():
        assert printed_value(field, code, language, "万元") == translate(words, language)


def test_one_code_means_what_its_field_says() -> None:
    assert [printed_value(field, "met", "zh", "万元") for field in ("standing", "achieved")] == ["本期完成", "达成"]
    assert printed_value("rule", "outside_years", "zh", "万元") == "发生日期在起止年限之外"


def test_a_milestone_is_named_with_its_project() -> None:
    row = {"key": "7", "code": "qingshan-01", "name": "天然林保护工程项目", "milestone": "开工", "standing": "met"}
    found = compare({"milestones": [row]}, {"milestones": [row | {"standing": "late"}]})
    [table] = changes_shown(found, FIELD_LABELS, "zh", "万元")
    [shown] = table.rows
    assert (table.label, shown.label) == ("节点", "天然林保护工程项目 · 开工")
    assert [(one.label, one.before, one.after) for one in shown.fields] == [("节点情况", "本期完成", "逾期未完成")]
