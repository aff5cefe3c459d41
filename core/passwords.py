"""Passwords: which ones are accepted, and how they are kept and compared."""

import secrets
from functools import lru_cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn_rs_py import zxcvbn

from core.errors import N_, Broken, Invalid
from core.text import storable

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
FEWEST_GUESSES = 30_000_000  # what a list of common passwords and their variations finds sooner is refused
# What anybody would try first at an installation of this program: its name, its places, its roles and its subject.
_OF_OURS = (
    "qingshan qingshanzhang 青山 青山账 lvshui 绿水 shengtai 生态 huanjing huanbao 环保 guihua 规划 taizhang 台账 "
    "xiaoyi 孝义 tunliu 屯留 changzhi 长治 linfen 临汾 jinzhong 晋中 shanxi 山西 zhengfu 政府 bangongshi 办公室 office "
    "admin guanliyuan 管理员 finance caizheng 财政 shenji 审计 linye linyeju 林业局 shuili shuiliju 水利局"
)
OWN_WORDS = _OF_OURS.split()
_JUDGED = 72  # characters that are looked at: a longer password is not easy to guess by what follows
_hasher = PasswordHash((Argon2Hasher(),))

# What the check found, by words of its warning; the first that fits is told.
_WHY = (
    (("common", "word by itself"), N_("太常见，或者只是常见密码的变形")),
    (("repeat",), N_("多半是重复的字符")),
    (("sequence", "row", "keyboard"), N_("是连续的字母、数字或相邻的按键")),
    (("date", "year"), N_("多半是日期或年份")),
    (("name",), N_("多半是姓名")),
)
_TOO_FEW = N_("太有规律，或者含有用户名、姓名")


class PasswordTooEasy(Broken):
    sentence = N_("这个密码%(why)s，别人容易猜中。请换一个，例如把几个不相干的词连在一起。")


class PasswordsDiffer(Broken):
    sentence = N_("两次输入的密码不一致。")


def check_password(password: str, *about: str, field: str = "password") -> None:
    """Whether the password may be used by somebody of whom `about` tells the names.

    Errors: Invalid for one that is too short, too long or no text, PasswordTooEasy for one that is easily guessed.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(field=field, label=N_("密码"), found="…", expected=N_("10 至 200 个字符"))
    if not storable(password):
        raise Invalid(field=field, label=N_("密码"), found="…", expected=N_("不含控制字符的文字"))
    judged = zxcvbn(password[:_JUDGED], [word for word in (*about, *OWN_WORDS) if word])
    if judged.guesses >= FEWEST_GUESSES:
        return
    warning = str(judged.feedback.warning or "").lower() if judged.feedback else ""
    why = next((told for words, told in _WHY if any(word in warning for word in words)), _TOO_FEW)
    raise PasswordTooEasy(field=field, why=why)


def hashed(password: str) -> str:
    return _hasher.hash(password)


def is_right(password: str, stored: str | None) -> bool:
    """Whether the password fits the hash; without one the same work is done, so that the answer takes the same time."""
    fits = _hasher.verify(password[:LONGEST_PASSWORD], stored or _decoy())
    return fits and stored is not None and len(password) <= LONGEST_PASSWORD


@lru_cache(maxsize=1)
def _decoy() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))
