"""Editions compared with the one before, and with the figures as they are corrected by now."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from core.calendar import period_from_text
from reports.edition_comparing import Comparison, compare
from reports.edition_reading import ListedEdition, edition_data
from reports.edition_report import data_now
from reports.editions import Edition


def changes_since_issue(session: Session, listed: ListedEdition) -> Comparison:
    """What is different now in the period of an edition, because it was corrected since.

    Errors: FileGone, EditionDamaged; those of build.
    """
    issued = edition_data(session, listed.edition)
    now = data_now(session, listed.plan, period_from_text(listed.period.name))
    now["cover"]["edition"] = issued["cover"][
        "edition"
    ]  # that it is corrected is what was asked for, and no difference
    return compare(issued, now)


def changes_since_before(session: Session, before: Edition, data: Mapping[str, Any]) -> Comparison:
    """What the data of an edition says otherwise than the edition before it.

    Errors: FileGone, EditionDamaged.
    """
    return compare(edition_data(session, before), data)
