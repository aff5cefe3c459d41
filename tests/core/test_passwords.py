"""Which passwords are accepted, and how long it takes to refuse one."""

import time

import pytest

from core.errors import Invalid
from core.passwords import LONGEST_PASSWORD, PasswordTooEasy, check_password, hashed, is_right


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("password123", "太常见"),
        ("Password@123", "太常见"),
        ("qwertyuiop", "太常见"),
        ("aaaaaaaaaaaa", "重复"),
        ("abcdefghijk", "连续"),
        ("20241122abc", "日期"),
    ],
)
def test_a_common_password_is_refused_with_what_is_wrong(password: str, why: str) -> None:
    with pytest.raises(PasswordTooEasy) as caught:
        check_password(password, "wang")
    assert why in str(caught.value)
    assert caught.value.field == "password"
    assert password not in str(caught.value)


@pytest.mark.parametrize("password", ["wang.fang2024", "WANG.FANG.2025"])
def test_a_password_made_of_the_user_name_is_refused(password: str) -> None:
    check_password("zhao.min2024!x", "wang.fang", "王芳")
    with pytest.raises(PasswordTooEasy):
        check_password(password, "wang.fang", "王芳")


@pytest.mark.parametrize(
    "password",
    ["qingshan2026", "Qingshan@2026", "青山账青山账青山账青山账", "Linfen@2024", "linyeju2024!", "shengtaihuanjing"],
)
def test_a_password_made_of_words_of_this_system_is_refused(password: str) -> None:
    with pytest.raises(PasswordTooEasy):
        check_password(password, "wang.fang", "王芳")


@pytest.mark.parametrize(
    "password", ["correct horse battery", "绿水青山就是金山银山呀", "x7-Qk2!mmPz0", "汾河 湿地 再生水" * 9]
)
def test_long_and_unlike_passwords_pass_in_any_script(password: str) -> None:
    check_password(password, "wang.fang", "王芳", "")


def test_a_very_long_password_is_judged_at_once() -> None:
    began = time.perf_counter()
    with pytest.raises(PasswordTooEasy):
        check_password("ab" * 100)
    assert time.perf_counter() - began < 1


def test_a_hash_is_argon2id_and_costs_an_attacker_memory_and_time() -> None:
    kind, version, cost = hashed("correct horse battery").split("$")[1:4]
    assert (kind, version) == ("argon2id", "v=19")
    memory, rounds, _lanes = (int(part.split("=")[1]) for part in cost.split(","))
    assert memory >= 64 * 1024, "KiB"
    assert rounds >= 3


def test_no_hash_takes_the_work_of_a_wrong_password_and_never_fits() -> None:
    stored = hashed("correct horse battery")
    assert is_right("correct horse battery", stored)
    is_right("", None)  # makes the hash that stands in for one

    def spent(hash_: str | None) -> float:
        began = time.process_time()
        assert not is_right("wrong horse battery", hash_)
        return time.process_time() - began

    known, unknown = (min(spent(hash_) for _ in range(3)) for hash_ in (stored, None))
    assert 0.5 < known / unknown < 2


@pytest.mark.parametrize("password", ["correct horse\ud800battery", "correct horse\x00battery"])
def test_what_is_no_text_is_no_password(password: str) -> None:
    """A terminal hands over half a pair for a byte that it cannot read."""
    with pytest.raises(Invalid):
        check_password(password)


def test_every_character_of_a_password_counts() -> None:
    longest = "汾河 湿地 再生水！" * 20
    assert len(longest) == LONGEST_PASSWORD
    check_password(longest)
    stored = hashed(longest)
    assert is_right(longest, stored)
    for other in (longest[:-1], longest + "!", longest.replace("！", "!"), longest[:-1] + "。", f" {longest}"):
        assert not is_right(other, stored), "nothing is cut off, folded or trimmed"
