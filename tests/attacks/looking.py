"""A browser that notices script which ran, and whatever in a page would run it, leave it or load from elsewhere."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Error, Page, Request

from core.people import begin_sign_in
from tests.attacks.conftest import Planted
from tests.browsing import WIDE
from web.deps import SESSION_COOKIE

# What the text of a page may hold, and its elements may not.
_LOOK = r"""
() => {
  const wrong = [], here = location.origin;
  const tell = (what, element) => wrong.push(what + ' ' + element.outerHTML.slice(0, 160));
  for (const one of document.querySelectorAll('*')) {
    for (const {name, value} of one.attributes) {
      if (/^(on|hx-on|data-hx-on)/.test(name)) tell('runs by ' + name, one);
      if (/^(data-)?hx-(get|post|put|patch|delete)$/.test(name) && !new URL(value, location.href).href.startsWith(here + '/'))
        tell('asks elsewhere', one);
      if (/canary|H\(\d/.test(value) && /^(hx-(?!current)|src$|srcdoc$|style$|formaction$|action$|href$)/.test(name)
          && !value.startsWith('/') && !value.startsWith('?') && !value.startsWith('#'))
        tell('planted in ' + name, one);
    }
    const leads = one.href?.baseVal ?? one.href ?? one.action ?? one.src;
    const target = typeof leads === 'string' && leads ? new URL(leads, location.href).href : here + '/';
    if (!target.startsWith(here + '/') && !target.startsWith('data:image/'))
      tell('leads to ' + leads, one);
    if (/^(iframe|object|embed|base|style|applet|frame)$/i.test(one.tagName)) tell('an element of no template', one);
    if (/^meta$/i.test(one.tagName) && one.httpEquiv) tell('a meta of no template', one);
    if (/^script$/i.test(one.tagName) && !/^\/(static|vendor)\//.test(new URL(one.src || 'x:', location.href).pathname))
      tell('a script of no template', one);
  }
  for (const one of document.querySelectorAll('details')) one.open = true;
  for (const one of document.querySelectorAll('[title], summary, a')) {
    one.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}));
  }
  return [wrong, document.documentElement.outerHTML];
}
"""


def planted_in(text: str) -> set[int]:
    """The numbers of the columns of which something stands in the text."""
    return {int(number) // 10_000 for number in re.findall(r"H\((\d+)\)", text)}


class Looked:
    """What a walk through pages has found."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.shown: set[int] = set()
        page.expose_function("H", lambda *which: self.wrong.append(f"{page.url}: ran {which}"))
        page.on("request", self._asked)
        page.on("dialog", lambda dialog: (self.wrong.append(f"{page.url}: a dialog"), dialog.dismiss()))

    def _asked(self, request: Request) -> None:
        if "/canary" in request.url.split("?")[0]:
            self.wrong.append(f"{self.page.url}: asked for {request.url}")

    def look(self, address: str) -> int:
        """Goes there and notes what is wrong; the status of the answer comes back."""
        try:
            answer = self.page.goto(address, wait_until="domcontentloaded")
        except Error as error:
            if "Download is starting" not in error.message:
                raise
            return 200  # a file that is saved and not shown
        wrong, text = self.page.evaluate(_LOOK)
        self.wrong += [f"{self.page.url}: {one}" for one in wrong]
        self.shown |= planted_in(text)
        return answer.status if answer else 0


@contextmanager
def looking(browser: Browser, planted: Planted, address: str, *, policy: bool) -> Iterator[Looked]:
    """A page in which everybody at once is signed in; without the policy only escaping stands before the script."""
    with planted.database.writing() as session:
        token = begin_sign_in(session, session.merge(planted.person, load=False))
    context = browser.new_context(locale="zh-CN", viewport=WIDE, bypass_csp=not policy)  # type: ignore[arg-type]
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    try:
        yield Looked(context.new_page())
    finally:
        context.close()
