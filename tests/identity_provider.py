"""A real identity provider (canaille) in a process of its own on loopback, and a browser that signs in at it.

Run as a program it serves until it is stopped: `python -m tests.identity_provider PORT REDIRECT_ADDRESS`.
"""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

CLIENT, OTHER_CLIENT, SECRET = "qingshan", "another", "a-secret-of-the-client"
PASSWORD = "a password at the provider"
DEPARTMENT_CLAIM = "website"  # the provider tells a fixed list of claims; this one carries the department
# user name at the provider: what it tells of the department
USERS = {"wang.fang": "qingshan林业局", "li.mei": "没有登记的局", "Zhao@Bureau": ""}
_PATIENCE = 60.0
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Provider:
    """The provider while it runs."""

    issuer: str
    redirect: str

    @contextmanager
    def signed_in_browser(self, username: str) -> Iterator[httpx.Client]:
        """A browser that has given name and password at the provider."""
        with httpx.Client(follow_redirects=True, timeout=30) as browser:
            page = browser.get(f"{self.issuer}/login")
            page = browser.post(str(page.url), data={"csrf_token": _csrf(page.text), "login": username})
            page = browser.post(str(page.url), data={"csrf_token": _csrf(page.text), "password": PASSWORD})
            assert page.status_code == 200, page.text[:500]
            yield browser

    def answer_of(self, browser: httpx.Client, address: str) -> dict[str, str]:
        """What the provider sends back to our address when the browser is led to it with this request."""
        answer = browser.get(address, follow_redirects=False)
        location = answer.headers.get("location", "")
        assert location.startswith(self.redirect), (answer.status_code, location, answer.text[:800])
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def _csrf(page: str) -> str:
    found = _TOKEN.search(page)
    assert found is not None, page[:1500]
    return found[1]


@contextmanager
def running(folder: Path, redirect: str) -> Iterator[Provider]:
    """Starts the provider, with our app's address registered, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = (folder / "provider.log").open("wb")
    program = [sys.executable, "-m", "tests.identity_provider", str(port), redirect]
    process = subprocess.Popen(program, stdout=log, stderr=subprocess.STDOUT)
    provider = Provider(f"http://127.0.0.1:{port}", redirect)
    try:
        _wait(provider, process, folder / "provider.log")
        yield provider
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _wait(provider: Provider, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            httpx.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=5).raise_for_status()
            return
        except httpx.HTTPError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text(errors="replace")) from None
            time.sleep(0.1)


def _serve(port: int, redirect: str) -> None:
    import canaille
    from canaille.app import models
    from canaille.backends import Backend
    from canaille.backends.memory.backend import MemoryBackend
    from werkzeug.serving import run_simple

    ask = MemoryBackend.do_query

    def ask_for_all(backend: MemoryBackend, model: type, *args: object, **wanted: object) -> list[object]:
        """What fits every condition. The provider's store in memory gives what fits any, so codes of others come up too."""
        answers = [ask(backend, model, *args, **{name: value}) for name, value in wanted.items()] or [
            ask(backend, model)
        ]
        common = set.intersection(*({one.id for one in answer} for answer in answers))
        return [one for one in answers[0] if one.id in common]

    MemoryBackend.do_query = ask_for_all
    app = canaille.create_app(
        {
            "SECRET_KEY": "of the provider in tests",
            "SERVER_NAME": f"127.0.0.1:{port}",
            "PREFERRED_URL_SCHEME": "http",
            "CANAILLE": {"DATABASE": "memory", "SMTP": None},
            "CANAILLE_OIDC": {
                "USERINFO_MAPPING": {
                    "PREFERRED_USERNAME": "{{ user.user_name }}",
                    "WEBSITE": "{{ user.department or '' }}",
                }
            },
        }
    )
    with app.app_context():
        backend = Backend.instance
        for username, department in USERS.items():
            user = models.User(
                user_name=username,
                formatted_name=f"某{username}",
                family_name="某",
                emails=[f"{username.split('@')[0]}@example.org"],
                password=PASSWORD,
                department=department,
            )
            backend.save(user)
        for client_id in (CLIENT, OTHER_CLIENT):
            client = models.Client(
                client_id=client_id,
                client_secret=SECRET,
                client_name=client_id,
                client_uri="http://127.0.0.1",
                redirect_uris=[redirect],
                grant_types=["authorization_code"],
                response_types=["code"],
                scope=["openid", "profile"],
                token_endpoint_auth_method="client_secret_basic",
            )
            backend.save(client)
            client.audience = [client]
            backend.save(client)
    run_simple("127.0.0.1", port, app, threaded=True)


if __name__ == "__main__":
    _serve(int(sys.argv[1]), sys.argv[2])
