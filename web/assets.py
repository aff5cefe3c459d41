"""Files that browsers load: htmx and Tabler out of installed wheels, and our own CSS and JavaScript.

Every path holds a version or a hash of the content, so browsers may keep what they have for ever.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Request, Response

from core.errors import NotThere

STATIC = Path(__file__).parent / "static"
_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}


@dataclass(frozen=True)
class Vendored:
    """A file of an installed wheel: where it is served, where it lies, and words inside that prove its version."""

    path: str
    package: str
    file: str
    proof: str


VENDORED = {
    "htmx": Vendored(
        "/vendor/htmx-2.0.10/htmx.min.js",
        "django_htmx",
        "static/django_htmx/htmx-2.min.js",
        'version:"2.0.10"',
    ),
    "tabler": Vendored(
        "/vendor/tabler-1.4.0/tabler.min.css",
        "starlette_admin",
        "static/css/vendor/tabler.min.css",
        "Tabler v1.4.0",
    ),
}


class AssetMissing(RuntimeError):
    """An installation fault, told at the start and never to a reader of pages."""


@dataclass(frozen=True)
class Asset:
    """A file in memory, plain and compressed."""

    path: str
    body: bytes
    compressed: bytes
    media_type: str


@lru_cache
def assets() -> dict[str, Asset]:
    """Every file by the name that templates use (htmx, tabler, qingshan.css …).

    Errors: AssetMissing.
    """
    found = {name: _asset(one.path, _vendored(one)) for name, one in VENDORED.items()}
    for file in sorted(STATIC.iterdir()):
        body = file.read_bytes()
        found[file.name] = _asset(f"/static/{hashlib.sha256(body).hexdigest()[:16]}/{file.name}", body)
    return found


def _vendored(one: Vendored) -> bytes:
    spec = find_spec(one.package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    file = next((Path(folder) / one.file for folder in folders if (Path(folder) / one.file).is_file()), None)
    if file is None:
        raise AssetMissing(f"{one.file} of the package {one.package} is not installed; run `make setup` (assets.lock)")
    body = file.read_bytes()
    if one.proof.encode() not in body:
        raise AssetMissing(
            f"{file} is not the version that {one.path} promises; make web/assets.py and assets.lock agree"
        )
    return body


def _asset(path: str, body: bytes) -> Asset:
    return Asset(path, body, gzip.compress(body, mtime=0), _TYPES[Path(path).suffix])


def asset_url(name: str) -> str:
    """The address of a file, for templates."""
    return assets()[name].path


@lru_cache
def _by_path() -> dict[str, Asset]:
    return {asset.path: asset for asset in assets().values()}


router = APIRouter()


@router.api_route("/vendor/{path:path}", methods=["GET", "HEAD"])
@router.api_route("/static/{path:path}", methods=["GET", "HEAD"])
async def get_asset(request: Request) -> Response:
    asset = _by_path().get(request.scope["path"])
    if asset is None:
        raise NotThere
    headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.compressed, media_type=asset.media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(asset.body, media_type=asset.media_type, headers=headers)
