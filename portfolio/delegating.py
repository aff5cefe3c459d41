"""Arranging a delegation, and acting by one: who may stand in for whom, for how long, and with which second factor.

The delegate switches a browser of theirs to the name of the absent person and back. Delegate and absent person are then one for
the separation of duties (core/audit.py, Actor). Of one person at most one delegation runs at a time, so that everybody knows who
answers for them. What is lent are the roles that the absent person holds, so nobody hands on what was lent to them.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import now, today
from core.errors import N_, Broken, NotThere
from core.people import Person, SignIn, token_hash
from core.second_factors import find_factor
from core.text import needed_text
from portfolio.delegations import DECLINED, ENDED, NEVER_LENT, SUBJECT, Delegation, delegations_of, end_delegation
from portfolio.factor_rule import must_have_factor
from portfolio.grants import Grant
from portfolio.jurisdictions import below
from portfolio.plans import Plan

MOST_DAYS = 92


class NoSuchDelegate(Broken):
    sentence = N_("请从列表中选择代理人：代理人要有可用的账号，并且与请假人同在一个部门，或在同一个规划中有角色。")


class NothingToLend(Broken):
    status = 409
    sentence = N_("没有可以请人代办的角色。系统管理员和审计的工作不能代理，需要时请系统管理员授予角色。")


class WrongDays(Broken):
    sentence = N_(
        "代理日期填写的是 %(first)s 至 %(last)s。应从今天（%(today)s）或以后开始，结束不早于开始，最长 %(most)s 天。"
    )


class DelegationsOverlap(Broken):
    status = 409
    sentence = N_("%(first)s 至 %(last)s 已请 %(who)s 代理。同一天只能请一个人代理，请先结束那一次，或者错开日期。")


class FactorLent(Broken):
    status = 409
    sentence = N_("%(who)s 请您代理，其角色必须使用第二因素；代理结束或谢绝之前，您的第二因素不能停用。")


class FactorNeeded(Broken):
    status = 403
    sentence = N_("%(who)s 的角色须用第二因素登录，代办的人也一样。请先在“我的账户”设置第二因素，再开始代办。")


@dataclass(frozen=True)
class NewDelegation:
    """Who acts for somebody from which day to which, and why."""

    to_person_id: int
    from_on: date
    until_on: date
    reason: str


def arrange_delegation(session: Session, person: Person, new: NewDelegation, *, by: Actor) -> Delegation:
    """Lends the person's roles.

    Errors: NothingToLend, NoSuchDelegate, WrongDays, DelegationsOverlap, Missing, TooLong.
    """
    reason = needed_text(new.reason, field="reason", label=N_("请假事由"), limit=200)
    on = today()
    if not (on <= new.from_on <= new.until_on < new.from_on + timedelta(days=MOST_DAYS)):
        days = {"first": new.from_on.isoformat(), "last": new.until_on.isoformat()}
        raise WrongDays(field="from_on", **days, today=on.isoformat(), most=MOST_DAYS)
    assert person.id is not None
    # Two that are arranged at once wait for each other here.
    session.exec(select(Person.id).where(Person.id == person.id).with_for_update()).one()
    delegates = {one.id: one for one in possible_delegates(session, person)}
    if new.to_person_id not in delegates:
        raise NoSuchDelegate(field="delegate")
    meanwhile = (
        select(Delegation, Person.name)
        .join(Person, col(Person.id) == Delegation.to_person_id)
        .where(Delegation.from_person_id == person.id, col(Delegation.ended_at).is_(None))
        .where(Delegation.from_on <= new.until_on, Delegation.until_on >= new.from_on)
    )
    found = session.exec(meanwhile.limit(1)).first()
    if found is not None:
        other, who = found
        raise DelegationsOverlap(
            field="from_on", first=other.from_on.isoformat(), last=other.until_on.isoformat(), who=who
        )
    row = Delegation(
        from_person_id=person.id,
        to_person_id=new.to_person_id,
        from_on=new.from_on,
        until_on=new.until_on,
        reason=reason,
        made_at=now(),
        made_by_id=by.id,
        made_by=by.name,
    )
    session.add(row)
    session.flush()
    after = {"delegate": row.to_person_id, "from_on": row.from_on, "until_on": row.until_on}
    audit.record(session, "arrange-delegation", SUBJECT, person.id, after=after, reason=reason, by=by)
    return row


def possible_delegates(session: Session, person: Person) -> list[Person]:
    """Whom the person can ask: with a role in a plan that the person has a role in, or in the same department.

    Errors: NothingToLend when the person has no role that is lent.
    """
    grants = session.exec(select(Grant)).all()
    plans = session.exec(select(Plan.id, Plan.jurisdiction_code)).all()
    places = {grant.jurisdiction_code for grant in grants if grant.jurisdiction_code is not None}
    inside = {place: below(session, place) for place in places}

    def reached(grant: Grant) -> set[int]:
        return {
            id_ or 0
            for id_, place in plans
            if grant.plan_id in (None, id_)
            and (grant.jurisdiction_code is None or place in inside[grant.jurisdiction_code])
        }

    lent = [one for one in grants if one.person_id == person.id and one.role not in NEVER_LENT]
    if not lent:
        raise NothingToLend
    own_plans = set[int]().union(*map(reached, lent))
    own_departments = {one.department_id for one in lent if one.department_id is not None}
    fitting = {
        one.person_id
        for one in grants
        if one.role != "admin" and (one.department_id in own_departments or reached(one) & own_plans)
    } - {person.id}
    active = select(Person).where(col(Person.active), col(Person.id).in_(fitting)).order_by(col(Person.username))
    return list(session.exec(active))


def end_own(session: Session, delegation_id: int, person_id: int, *, by: Actor) -> None:
    """Ends one that the person arranged, or that an administrator did for them. Errors: NotThere."""
    row = session.get(Delegation, delegation_id)
    if row is None or row.from_person_id != person_id:
        raise NotThere
    end_delegation(session, row, ENDED, by=by)


def decline(session: Session, delegation_id: int, *, by: Actor) -> None:
    """Ends one that was given to whoever acts. Errors: NotThere."""
    row = session.get(Delegation, delegation_id)
    if row is None or row.to_person_id != by.id:
        raise NotThere
    end_delegation(session, row, DECLINED, by=by)


# ---- acting by one


def check_no_factor_is_lent(session: Session, person: Person) -> None:
    """That the person may do without a second factor as a delegate.

    Errors: FactorLent while a delegation stands by somebody whose roles ask for one.
    """
    for line in delegations_of(session, person.id or 0, on=today()):
        absent = session.get_one(Person, line.row.from_person_id)
        if absent.id != person.id and must_have_factor(session, absent):
            raise FactorLent(who=absent.name)


def begin_acting(session: Session, token: str, delegation_id: int, *, by: Actor) -> None:
    """Has the browser of this token act by a delegation to its person from the next request on.

    Errors: NotThere for one that is not the person's or does not run today; FactorNeeded.
    """
    signed_in, row = session.get(SignIn, token_hash(token)), session.get(Delegation, delegation_id)
    if (
        signed_in is None
        or row is None
        or not signed_in.person_id == row.to_person_id == by.id
        or not row.runs(today())
    ):
        raise NotThere
    absent = session.get_one(Person, row.from_person_id)
    if not absent.active:
        raise NotThere
    # Who came from the identity provider was asked by it for whatever it asks for.
    if signed_in.how != "oidc" and must_have_factor(session, absent) and find_factor(session, by.id) is None:
        raise FactorNeeded(who=absent.name)
    _switch(session, token, delegation_id)
    after = {"delegate": by.id, "until_on": row.until_on}
    audit.record(session, "begin-acting", SUBJECT, row.from_person_id, after=after, by=by)


def end_acting(session: Session, token: str, *, by: Actor) -> None:
    """Has the browser of this token act in its person's own name again, from whatever it acted by."""
    acting = session.get(SignIn, token_hash(token))
    row = None if acting is None or acting.acting_id is None else session.get(Delegation, acting.acting_id)
    if row is None or by.id is None:
        return
    _switch(session, token, None)
    audit.record(session, "end-acting", SUBJECT, row.from_person_id, after={"delegate": by.id}, by=by)


def _switch(session: Session, token: str, delegation_id: int | None) -> None:
    session.execute(update(SignIn).where(col(SignIn.token_hash) == token_hash(token)).values(acting_id=delegation_id))
