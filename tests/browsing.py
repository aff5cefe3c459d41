"""Chromium for tests: how it is found and started, and what a page may never do."""

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

from tests.needs import find_program

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_OWN_SCHEMES = {"data", "blob", "about", "chrome-error"}
# Chromium does not tell every kind of violation on the console, so the page tells them itself.
_TELL_VIOLATIONS = """
addEventListener('securitypolicyviolation', event =>
    console.error(`CSP violation: ${event.effectiveDirective} refused ${event.blockedURI || 'inline'}`));
"""


def find_chromium() -> Path | None:
    return find_program("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")


def watch(page: Page, problems: list[str]) -> None:
    """Fills the list with what goes wrong in the page: console and script errors, CSP violations, requests abroad."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(f"console error at {page.url}: {message.text}")

    def on_request(request: Request) -> None:
        target = urlsplit(request.url)
        if target.scheme not in _OWN_SCHEMES and target.hostname not in _LOOPBACK:
            problems.append(f"request to another host from {page.url}: {request.url}")

    page.add_init_script(_TELL_VIOLATIONS)
    page.on("console", on_console)
    page.on("pageerror", lambda error: problems.append(f"script error at {page.url}: {error}"))
    page.on("request", on_request)
