"""Imports every folder that has tables, so that migrations and tests see all of them."""

import portfolio.citations
import portfolio.contradictions
import portfolio.departments
import portfolio.grants
import portfolio.jurisdictions
import portfolio.periods
import portfolio.plans
import portfolio.projects  # noqa: F401
