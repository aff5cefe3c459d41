"""Imports every module that has tables, so that migrations and tests see all of them."""
# ruff: noqa: F401

import budgets.entries
import budgets.estimates
import budgets.explanations
import budgets.importing.tables
import budgets.lines
import budgets.sources
import core.audit
import core.files
import core.jobs
import core.people
import core.requests
import milestones.commitments
import milestones.indicators
import milestones.quantities
import portfolio.citations
import portfolio.contradictions
import portfolio.departments
import portfolio.grants
import portfolio.jurisdictions
import portfolio.periods
import portfolio.plans
import portfolio.projects
