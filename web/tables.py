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
import milestones.attachments
import milestones.commitments
import milestones.indicator_rules
import milestones.indicators
import milestones.lamp_rules
import milestones.milestones
import milestones.quantities
import milestones.readings
import milestones.scenario_decisions
import milestones.works
import portfolio.citations
import portfolio.contradictions
import portfolio.departments
import portfolio.grants
import portfolio.jurisdictions
import portfolio.periods
import portfolio.plans
import portfolio.projects
import portfolio.sites
