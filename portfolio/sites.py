"""Where a project is: its county, a point or an outline, from a quarter on, with the source that says so."""

from sqlalchemy import Column, Index, Text
from sqlmodel import Field

from portfolio.dated import Dated


class ProjectSite(Dated, table=True):
    """One place of a project; a project may have several at once, in several counties.

    Units: millionths of a degree (WGS 84), both or neither; `geometry` is GeoJSON in the same coordinates. A site without
    either is known by its county alone.
    """

    __tablename__ = "project_site"
    __table_args__ = (
        Index("ix_project_site_project", "project_id", "effective_from"),
        Index("ix_project_site_jurisdiction", "jurisdiction_code", "project_id"),
    )

    project_id: int = Field(foreign_key="project.id")
    jurisdiction_code: str | None = Field(default=None, foreign_key="jurisdiction.code", max_length=6)
    name: str | None = Field(default=None, max_length=200)
    latitude_micro: int | None = None
    longitude_micro: int | None = None
    geometry: str | None = Field(default=None, sa_column=Column(Text))
