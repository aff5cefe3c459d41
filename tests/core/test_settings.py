"""Settings that cannot be used are refused by their name."""

import pytest
from pydantic import ValidationError

from core.settings import Settings


@pytest.mark.parametrize("name", ["Asia", "Asia/Nowhere", "../etc", "", "x" * 500, "a/" * 5000, "a\x00b"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    """Asia is a folder of time zones."""
    with pytest.raises(ValidationError, match="timezone"):
        Settings(timezone=name)
