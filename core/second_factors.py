"""The second factor: codes that an app on the person's phone counts from a shared secret, and recovery codes for when it is lost.

The secret is sealed with the key of the secrets file; recovery codes are kept as hashes. A code is taken once.
"""

import secrets
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import BigInteger, Column, DateTime, delete, or_, update
from sqlmodel import Field, Session, SQLModel, col, func, select

from core import audit
from core.audit import Actor
from core.calendar import now
from core.errors import N_, Broken
from core.people import Person, aware, end_sign_ins, token_hash
from core.secrets_file import sealed, unsealed

RECOVERY_CODES = 10
ISSUER = "青山账"
_SECONDS = 30
_BEGUN_FOR = timedelta(minutes=30)
_DRIFT = 1  # steps by which the clock of a phone may be early or late
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no sign that reads like another one
_GROUPS, _GROUP = 7, 4  # 137 bits: nobody guesses one from its hash


class SecondFactor(SQLModel, table=True):
    """A secret that codes are counted from; it counts once its person has confirmed it with a code."""

    __tablename__ = "second_factor"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    sealed_secret: str = Field(max_length=300)
    made_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    confirmed_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    last_step: int | None = Field(default=None, sa_column=Column(BigInteger))


class RecoveryCode(SQLModel, table=True):
    """A code that stands in for the phone once."""

    __tablename__ = "recovery_code"

    code_hash: str = Field(max_length=64, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    used_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class WrongCode(Broken):
    status = 401
    sentence = N_("动态码或恢复码不正确，或者已经用过。请等应用显示下一个动态码再试。")


class NotBegun(Broken):
    status = 409
    sentence = N_("还没有开始设置第二因素，或者已经设置完成。请重新打开这一页。")


def find_factor(session: Session, person_id: int | None) -> SecondFactor | None:
    """The confirmed factor of the person."""
    query = select(SecondFactor).where(SecondFactor.person_id == person_id, col(SecondFactor.confirmed_at).is_not(None))
    return session.exec(query).first()


def find_begun(session: Session, person_id: int | None) -> SecondFactor | None:
    """The factor that the person is setting up; one that was left lying is none."""
    query = select(SecondFactor).where(SecondFactor.person_id == person_id, col(SecondFactor.confirmed_at).is_(None))
    begun = session.exec(query).first()
    return begun if begun is not None and aware(begun.made_at) > now() - _BEGUN_FOR else None


def anything_sealed(session: Session) -> bool:
    """Whether the secrets file is needed to read what the database keeps."""
    return session.exec(select(SecondFactor.id).limit(1)).first() is not None


def check_secrets_file(session: Session) -> None:
    """Looks whether the secrets file fits what the database keeps; where nothing is sealed yet, none is needed.

    Errors: SecretsMissing, SecretsUnreadable, SecretsDoNotFit.
    """
    kept = session.exec(select(SecondFactor.sealed_secret).limit(1)).first()
    if kept is not None:
        unsealed(kept)


def begin_factor(session: Session, person: Person) -> SecondFactor:
    """A new secret, to be confirmed; a confirmed one goes on to count until then."""
    assert person.id is not None
    unconfirmed = delete(SecondFactor).where(
        col(SecondFactor.person_id) == person.id, col(SecondFactor.confirmed_at).is_(None)
    )
    session.execute(unconfirmed)
    secret = sealed(pyotp.random_base32(), needed=anything_sealed(session))
    factor = SecondFactor(person_id=person.id, sealed_secret=secret, made_at=now())
    session.add(factor)
    session.flush()
    return factor


def secret_of(factor: SecondFactor) -> str:
    """The secret in base32, for the app. Errors: SecretsMissing, SecretsUnreadable, SecretsDoNotFit."""
    return unsealed(factor.sealed_secret)


def address_of(factor: SecondFactor, username: str) -> str:
    """What the QR code says."""
    return pyotp.TOTP(secret_of(factor), interval=_SECONDS).provisioning_uri(name=username, issuer_name=ISSUER)


def confirm_factor(session: Session, person: Person, code: str) -> list[str]:
    """Makes the begun factor count in the place of any other; new recovery codes come back, to be shown once.

    Errors: NotBegun; WrongCode.
    """
    assert person.id is not None
    begun = find_begun(session, person.id)
    if begun is None:
        raise NotBegun
    step = _step_of(begun, code)
    if step is None:
        raise WrongCode(field="code")
    others = delete(SecondFactor).where(col(SecondFactor.person_id) == person.id, col(SecondFactor.id) != begun.id)
    session.execute(others)
    begun.confirmed_at, begun.last_step = now(), step
    session.add(begun)
    audit.record(session, "set-up-factor", "person", person.id, by=person.actor)
    return new_recovery_codes(session, person)


def new_recovery_codes(session: Session, person: Person) -> list[str]:
    """Ten new codes; the ones before them end."""
    assert person.id is not None
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == person.id))
    codes = ["-".join(_word() for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(code_hash=token_hash(_plain(code)), person_id=person.id) for code in codes)
    audit.record(session, "make-recovery-codes", "person", person.id, by=person.actor)
    return codes


def recovery_codes_left(session: Session, person_id: int | None) -> int:
    left = select(func.count()).select_from(RecoveryCode)
    return session.exec(left.where(RecoveryCode.person_id == person_id, col(RecoveryCode.used_at).is_(None))).one()


def take_code(session: Session, person: Person, code: str) -> None:
    """Takes a code of the app, or a recovery code, of the person's confirmed factor. Each is taken once.

    Errors: WrongCode.
    """
    factor = find_factor(session, person.id)
    if factor is None or not (_take_counted(session, factor, code) or _take_recovery(session, person, code)):
        raise WrongCode(field="code")


def _take_counted(session: Session, factor: SecondFactor, code: str) -> bool:
    step = _step_of(factor, code)
    if step is None:
        return False
    # The condition stands in the statement: of two that send the same code at once one finds it taken.
    fresh = or_(col(SecondFactor.last_step).is_(None), col(SecondFactor.last_step) < step)
    taken = update(SecondFactor).where(col(SecondFactor.id) == factor.id, fresh).values(last_step=step)
    return bool(session.execute(taken).rowcount)  # type: ignore[attr-defined]


def _take_recovery(session: Session, person: Person, code: str) -> bool:
    mine = (col(RecoveryCode.person_id) == person.id, col(RecoveryCode.used_at).is_(None))
    taken = update(RecoveryCode).where(col(RecoveryCode.code_hash) == token_hash(_plain(code)), *mine)
    found: int = session.execute(taken.values(used_at=now())).rowcount  # type: ignore[attr-defined]
    if found and person.id is not None:
        left = recovery_codes_left(session, person.id)
        audit.record(session, "use-recovery-code", "person", person.id, after={"left": left}, by=person.actor)
    return bool(found)


def drop_factor(session: Session, person: Person, *, by: Actor) -> None:
    """Removes the factor and its recovery codes: the person's own wish, or an administrator's help after a lost phone.

    The person's sign-ins end when somebody else does it.
    """
    assert person.id is not None
    session.execute(delete(SecondFactor).where(col(SecondFactor.person_id) == person.id))
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == person.id))
    if by.id != person.id:
        end_sign_ins(session, person.id)
    audit.record(session, "reset-factor", "person", person.id, by=by)


def _step_of(factor: SecondFactor, code: str) -> int | None:
    """The time step that the code was counted for; None for a wrong one."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    counted = pyotp.TOTP(secret_of(factor), interval=_SECONDS)
    present = int(now().timestamp()) // _SECONDS
    for step in range(present - _DRIFT, present + _DRIFT + 1):
        if secrets.compare_digest(counted.generate_otp(step), digits):
            return step
    return None


def _word() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP))


def _plain(code: str) -> str:
    """A recovery code without what people leave out or add when they copy it."""
    return "".join(sign for sign in code.upper() if sign.isalnum())[:100]


def set_up_at(factor: SecondFactor | None) -> datetime | None:
    """When the factor was confirmed."""
    return None if factor is None or factor.confirmed_at is None else aware(factor.confirmed_at)
