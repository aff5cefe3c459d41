"""How large the body of a request may be: a form everywhere, a file where one is sent."""

from core.settings import settings

UPLOADS = frozenset({"/money/import"})
_FORM_AROUND = 100_000  # bytes of the form that a file is sent in


def body_limit(method: str, path: str) -> int:
    """The largest body that is read. Units: bytes."""
    if method == "POST" and path in UPLOADS:
        return settings().max_upload_bytes + _FORM_AROUND
    return settings().max_body_bytes
