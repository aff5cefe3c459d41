"""Pages are tested on the same real plans as reports."""

from tests.reports.conftest import loaded, plans, postgres_loaded, sqlite_loaded

__all__ = ["loaded", "plans", "postgres_loaded", "sqlite_loaded"]
