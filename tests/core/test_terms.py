"""The terms of the domain: each has one English word of its own, which no other term borrows."""

import re

import pytest

from core.language import translate
from tests.core.test_messages import ENGLISH, forms

# The terms of the domain that a page names on their own, and what they are called in English.
TERMS = {
    "行政区划": "Jurisdiction",
    "规划": "Plan",
    "规划类别": "Programme",
    "项目": "Project",
    "子项目": "Parts",
    "打包项目": "Package",
    "部门": "Department",
    "牵头部门": "Lead department",
    "建设主体": "Implementing body",
    "填报部门": "Reporting department",
    "投资估算": "Estimate",
    "资金来源": "Funding source",
    "年度投资计划": "Annual investment plan",
    "里程碑": "Milestones",
    "工程量": "Works",
    "指标": "Indicators",
    "报告期": "Reporting period",
    "填报表": "Return",
    "发布版": "Edition",
    "更正单": "Corrections",
    "督办单": "Supervision order",
    "下达": "Appropriated",
    "到位": "Received",
    "合同": "Contracted",
    "完成投资": "Work done",
    "支付": "Paid",
    "核实合格": "Verified",
    "关账": "Close quarter",
    "销号": "Conclude",
    "审核通过": "Approve",
    "批准": "Authorise",
    "接收": "Accept",
    "验收": "Final acceptance",
    "结转": "Carry-over",
    "退回": "Send back",
    "发布": "Issue",
}
# English words that stand for one Chinese term alone: wherever the word is said, so is the term, and the other way round.
ONLY_FOR = {
    r"\bclos(e|es|ed|ing|ure)\b": "关账",
    r"\bconclu(de|des|ded|ding|sion)\b": "销号|核销",
    r"\bapprov": "审核|已审",
    r"\bauthoris": "批准|审批|批复",
    r"\bfinal acceptance\b": "验收",
    r"\bsurviv": "保存|死亡",
    r"\bverif": "核实",
}
# A correction that is not authorised is refused; a return that is being checked is under review.
_OTHER_WAYS = re.compile(
    r"refus|decided|review|await|department head|\bOpen\b|handover|acceptance|official reply", re.IGNORECASE
)


def both_ways() -> list[tuple[str, str]]:
    """Every text with its English, one form of each."""
    return [(forms(message.id)[0], written) for message in ENGLISH for written in forms(message.string) if written]


@pytest.mark.parametrize(("term", "english"), TERMS.items())
def test_a_term_has_its_english_word(term: str, english: str) -> None:
    assert translate(term, "en") == english


def test_no_two_terms_share_an_english_word() -> None:
    assert len({english.lower() for english in TERMS.values()}) == len(TERMS)


@pytest.mark.parametrize(("word", "term"), ONLY_FOR.items())
def test_an_english_word_is_said_for_its_term_alone(word: str, term: str) -> None:
    borrowed = [
        (text, written)
        for text, written in both_ways()
        if re.search(word, written, re.IGNORECASE) and not re.search(term, text)
    ]
    assert borrowed == []


@pytest.mark.parametrize("term", ["关账", "销号", "审核", "批准"])
def test_a_term_is_said_by_its_own_english_word(term: str) -> None:
    word = next(word for word, terms in ONLY_FOR.items() if term in terms.split("|"))
    otherwise = [
        (text, written)
        for text, written in both_ways()
        if term in text and not re.search(word, written, re.IGNORECASE) and not _OTHER_WAYS.search(written)
    ]
    assert otherwise == []
