"""The key outside the database."""

import stat
from pathlib import Path

import pytest

from core import secrets_file
from core.secrets_file import SecretsDoNotFit, SecretsMissing, SecretsUnreadable, sealed, unsealed
from tests.web.visiting import setting


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QINGSHAN_SECRETS_FILE", str(tmp_path / "kept" / "secrets.json"))
    with setting(monkeypatch):
        yield tmp_path / "kept" / "secrets.json"


def test_the_first_use_makes_the_file_for_its_owner_only_and_it_stays(path: Path) -> None:
    text = sealed("a secret", needed=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    secrets_file.make_secrets()
    assert path.read_bytes() == before
    assert unsealed(text) == "a secret"
    assert "a secret" not in text
    assert sealed("a secret", needed=True) != text


def test_a_missing_file_that_is_needed_is_named_and_no_other_one_is_made(path: Path) -> None:
    for act in (lambda: sealed("x", needed=True), lambda: unsealed("x")):
        with pytest.raises(SecretsMissing, match=r"secrets\.json"):
            act()
    assert not path.exists()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"fernet_key": "short"}', '{"fernet_key": null}', "\udcff"])
def test_a_broken_file_is_named(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(SecretsUnreadable, match=r"secrets\.json"):
        sealed("x", needed=False)


def test_the_file_of_another_installation_does_not_fit(path: Path) -> None:
    text = sealed("x", needed=False)
    path.unlink()
    secrets_file.make_secrets()
    with pytest.raises(SecretsDoNotFit):
        unsealed(text)


def test_what_was_sealed_and_altered_is_not_read(path: Path) -> None:
    text = sealed("a secret", needed=False)
    for place in (0, 9, len(text) // 2, len(text) - 8):
        other = "A" if text[place] != "A" else "B"
        with pytest.raises(SecretsDoNotFit):
            unsealed(text[:place] + other + text[place + 1 :])


def test_what_was_sealed_for_a_while_ends(path: Path) -> None:
    text = sealed("x", needed=False)
    assert unsealed(text, seconds=60) == "x"
    with pytest.raises(SecretsDoNotFit):
        unsealed(text, seconds=-1)
