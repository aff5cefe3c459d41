"""Findings and other sentences of reports/ as pages show them: in the reader's language, names of the plan marked as Chinese."""

import re
from typing import Any

from markupsafe import Markup, escape

from core.language import translate
from reports.findings import Sentence

_CHINESE = re.compile(r"[一-鿿]")


def told(sentence: Sentence, language: str) -> Markup:
    """The sentence with its facts filled in."""
    facts = {name: _fact(fact, language) for name, fact in sentence.facts.items()}
    return escape(translate(sentence.template, language)) % facts


def _fact(fact: Any, language: str) -> Any:
    if isinstance(fact, Sentence):
        return told(fact, language)
    if language != "zh" and isinstance(fact, str) and _CHINESE.search(fact):
        return Markup('<span lang="zh">{}</span>').format(fact)
    return fact
