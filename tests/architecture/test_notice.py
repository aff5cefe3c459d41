"""NOTICE names what Qingshan runs on."""

import re

import pytest

from core.settings import ROOT

NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8").lower()
_LOCKED = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)


@pytest.mark.parametrize("lock", ["requirements.lock", "assets.lock"])
def test_every_locked_package_stands_in_the_notice(lock: str) -> None:
    names = set(_LOCKED.findall((ROOT / lock).read_text(encoding="utf-8")))
    assert names
    assert {name for name in names if not _named(name)} == set()


def test_part_of_a_longer_name_is_not_enough() -> None:
    assert _named("pydantic-core")
    assert not _named("antic-core")
    assert not _named("docx")


def _named(package: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(package)}(?![\w-])", NOTICE) is not None
