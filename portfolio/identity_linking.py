"""The first sign-in of somebody whom an identity provider vouches for: linked to an invited person, or made one."""

from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from core.audit import Actor
from core.errors import N_, Broken
from core.identities import identities_of, link_identity, linked_person
from core.people import Person, add_person
from core.settings import settings
from portfolio.departments import Department
from portfolio.grants import grant_role

PROVIDER = Actor(None, "统一身份认证")


class NotLinked(Broken):
    """The provider knows the person and we do not: the sentence says what is missing, without telling who has an account."""

    status = 403
    sentence = N_(
        "统一身份认证已通过，但您的账号（%(username)s）还没有关联到本系统的人员。请系统管理员先用这个用户名添加人员（不设密码），再重新登录。"
    )


class DepartmentUnknown(Broken):
    status = 403
    sentence = N_(
        "统一身份认证已通过，但您的账号（%(username)s）所在的部门“%(department)s”没有在本系统登记。请系统管理员登记部门，或者用这个用户名添加人员（不设密码）。"
    )


class NoUsername(Broken):
    status = 403
    sentence = N_(
        "统一身份认证已通过，但没有给出您的用户名（%(claim)s）。请系统管理员检查 QINGSHAN_OIDC_USERNAME_CLAIM 的设置。"
    )


@dataclass(frozen=True)
class VouchedFor:
    """What the provider said of somebody, after its signature was checked."""

    issuer: str
    subject: str
    username: str
    name: str
    department: str


def person_vouched_for(session: Session, who: VouchedFor) -> Person:
    """The person, linked now when this is the first sign-in.

    Only an invited account without a password and without another identity is linked: whoever may choose a user name at the
    provider gets no account that somebody uses here already.

    Errors: NotLinked, DepartmentUnknown, NoUsername.
    """
    if session.get_bind().dialect.name == "postgresql":
        # Twins of a first sign-in wait for each other here; SQLite's writers do so anyway.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"identity {who.issuer} {who.subject}"))))
    username = who.username.strip().lower()
    found = linked_person(session, who.issuer, who.subject)
    if found is not None:
        if not found.active:
            raise NotLinked(username=username)
        return found
    if not username:
        raise NoUsername(claim=settings().oidc_username_claim)
    invited = session.exec(select(Person).where(Person.username == username)).first()
    if invited is not None:
        assert invited.id is not None
        if not invited.active or invited.password_hash is not None or identities_of(session, invited.id):
            raise NotLinked(username=username)
    else:
        invited = _made(session, who, username)
    link_identity(session, invited, who.issuer, who.subject, by=PROVIDER)
    return invited


def _made(session: Session, who: VouchedFor, username: str) -> Person:
    """A person with the owner's role of the department that the provider names.

    Errors: NotLinked, DepartmentUnknown.
    """
    if not settings().oidc_make_people:
        raise NotLinked(username=username)
    named = who.department.strip()
    departments = session.exec(select(Department.id).where(col(Department.name) == named).limit(2)).all()
    if not named or len(departments) != 1:
        raise DepartmentUnknown(username=username, department=named)
    try:
        person = add_person(session, username, who.name or username, None, by=PROVIDER)
    except Broken as error:
        raise NotLinked(username=username) from error
    grant_role(session, person, "owner", department_id=departments[0], by=PROVIDER)
    return person
