"""How large the body of a request may be: a form everywhere, a file where one is sent."""

import re

from core.settings import settings
from reports.word import MOST_TEMPLATE_BYTES

UPLOADS = frozenset({"/money/import"})
# Forms that take several photos and documents at once. Each file has a limit of its own (milestones/evidence_types.py), which the
# page tells with the name of the file; so that it can, somewhat more than one file may be is read, and kept on disk meanwhile.
_EVIDENCE = re.compile(
    r"/evidence/on/[a-z_]+/[0-9]+|/projects/[^/]+/works/(new|loss)|/works/[0-9]+/(edit|verify|survival|loss)"
)
_RETURN = re.compile(r"/returns/[0-9]+/workbook")
_WORD_TEMPLATE = re.compile(r"/plans/[^/]+/word-template/file")
_FORM_AROUND = 100_000  # bytes of the form that a file is sent in


def body_limit(method: str, path: str) -> int:
    """The largest body that is read. Units: bytes."""
    if method == "POST" and (path in UPLOADS or _RETURN.fullmatch(path)):
        return settings().max_upload_bytes + _FORM_AROUND
    if method == "POST" and _EVIDENCE.fullmatch(path):
        return 2 * settings().max_upload_bytes + _FORM_AROUND
    if method == "POST" and _WORD_TEMPLATE.fullmatch(path):
        return max(settings().max_body_bytes, MOST_TEMPLATE_BYTES + _FORM_AROUND)
    return settings().max_body_bytes
