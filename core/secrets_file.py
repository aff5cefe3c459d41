"""The key that seals what the database must keep but not in the clear; it lies in a file beside the database.

A copy of the database alone gives away no second factor. Without the file they cannot be used: a backup needs both.
"""

import json
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from core.errors import N_, Broken
from core.settings import settings

_KEY = "fernet_key"


class SecretsMissing(Broken):
    status = 500
    sentence = N_("找不到密钥文件 %(path)s，第二因素无法使用。请从备份恢复这个文件（QINGSHAN_SECRETS_FILE）。")


class SecretsUnreadable(Broken):
    status = 500
    sentence = N_("密钥文件 %(path)s 无法读取或内容不对。请从备份恢复这个文件，并检查它的权限。")


class SecretsDoNotFit(Broken):
    status = 500
    sentence = N_("密钥文件 %(path)s 与数据库不配套。请从同一份备份恢复这个文件。")


def secrets_path() -> Path:
    return settings().secrets_file


def make_secrets() -> None:
    """Makes the file with a new key, readable by its owner only; one that is there stays."""
    path = secrets_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        json.dump({_KEY: Fernet.generate_key().decode()}, file)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def sealed(text: str, *, needed: bool) -> str:
    """The text as only this installation reads it. `needed` says that something sealed is already kept.

    Errors: SecretsMissing, SecretsUnreadable.
    """
    return _box(needed=needed).encrypt(text.encode()).decode()


def unsealed(text: str, *, seconds: int | None = None) -> str:
    """What was sealed, when it is not older than so many seconds.

    Errors: SecretsMissing, SecretsUnreadable, SecretsDoNotFit (also for what is too old or was changed).
    """
    try:
        return _box(needed=True).decrypt(text.encode(), ttl=seconds).decode()
    except InvalidToken as error:
        raise SecretsDoNotFit(path=str(secrets_path())) from error


def _box(*, needed: bool) -> Fernet:
    path = secrets_path()
    if not path.exists():
        if needed:
            raise SecretsMissing(path=str(path))
        make_secrets()
    try:
        return Fernet(json.loads(path.read_text(encoding="utf-8"))[_KEY])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SecretsUnreadable(path=str(path)) from error
