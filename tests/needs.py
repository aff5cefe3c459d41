"""What a test needs beyond Python: a missing program skips it, loudly, and fails it where everything is required."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRE_ALL = "QINGSHAN_REQUIRE_ALL"


def not_here(what: str) -> NoReturn:
    """Skips the test with the reason, or fails it when QINGSHAN_REQUIRE_ALL=1 says that nothing may be missing."""
    if os.environ.get(REQUIRE_ALL) == "1":
        pytest.fail(f"{what} is missing, and {REQUIRE_ALL}=1 allows no missing program", pytrace=False)
    pytest.skip(f"{what} is missing: this test did not run")


def find_program(*names: str) -> Path | None:
    """The first of these programs that PATH or one of the paths given leads to."""
    return next((Path(found) for name in names if (found := shutil.which(name))), None)
