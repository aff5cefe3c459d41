"""What was signed is known again, and nothing else is."""

import pytest

from core.signing import is_signed, signature

SECRET = b"s" * 32


def test_a_signature_is_of_its_text_and_its_secret() -> None:
    made = signature(SECRET, "行标识")
    assert is_signed(SECRET, "行标识", made)
    assert not is_signed(SECRET, "行标识2", made)
    assert not is_signed(b"t" * 32, "行标识", made)


@pytest.mark.parametrize("found", ["", "签名", "é" * 32, "\x00"])
def test_what_somebody_typed_in_the_place_of_a_signature_is_none(found: str) -> None:
    assert not is_signed(SECRET, "行标识", found)
