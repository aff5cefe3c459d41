"""Leaves take facts; packages and what is archived do not."""

import pytest
from sqlmodel import Session

from core.database import Database
from portfolio.editing import Archived, archive_project
from portfolio.leaves import NotALeaf, OfArchived, OfPackage, claim_leaf, claim_project, must_still_take
from portfolio.projects import Project
from tests.samples import SOMEBODY, find_small_plan, identity, make_part


def archive(session: Session, project: Project) -> None:
    archive_project(session, project, reason="并入", expected_version=project.row_version, by=SOMEBODY)


def test_single_projects_and_parts_are_leaves_and_packages_are_not(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        for leaf in (small.forest, *small.parts):
            claim_leaf(session, leaf)
        with pytest.raises(NotALeaf) as told:
            claim_leaf(session, small.water)
        assert told.value.facts == {"found": "再生水利用工程", "parts": ("再生水厂", "再生水管网")}
        claim_project(session, small.water)
        for part in small.parts:
            archive(session, part)
        claim_leaf(session, small.water)


def test_a_part_goes_with_its_package(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        archive(session, small.water)
        for project in (small.water, small.parts[0]):
            with pytest.raises(Archived):
                claim_project(session, project)


def test_what_was_submitted_is_taken_only_where_it_counts(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        part, water, sewage = identity(small.parts[0]), identity(small.water), identity(small.sewage)
        must_still_take(session, {1: part, 2: sewage})
        must_still_take(session, {})
        make_part(session, small.plan, "qingshan-03-1", "一期", small.sewage)
        with pytest.raises(OfPackage) as told:
            must_still_take(session, {1: part, 2: sewage})
        assert told.value.facts["id"] == 2
        must_still_take(session, {1: part, 2: sewage, 3: water}, following=[2, 3])
        archive(session, small.water)
        with pytest.raises(OfArchived):
            must_still_take(session, {1: part}, following=[1])
