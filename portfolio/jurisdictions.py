"""Jurisdictions (行政区划): GB/T 2260 codes in a tree."""

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, Session, SQLModel, select


class Jurisdiction(SQLModel, table=True):
    """A province, city, county or district, under its GB/T 2260 code."""

    __tablename__ = "jurisdiction"

    code: str = Field(primary_key=True, max_length=6)
    name: str = Field(max_length=40)
    name_en: str = Field(max_length=60)
    level: int  # 1 province, 2 prefecture city, 3 county, district or county-level city
    parent_code: str | None = Field(default=None, foreign_key="jurisdiction.code")
    area_micro_km2: int | None = Field(default=None, sa_column=Column(BigInteger))  # millionths of a square kilometre
    area_source: str | None = Field(default=None, max_length=200)


def below(session: Session, code: str) -> set[str]:
    """The codes of a jurisdiction and of everything below it."""
    parents = dict(session.exec(select(Jurisdiction.code, Jurisdiction.parent_code)).all())
    found = {code} & parents.keys()
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more
