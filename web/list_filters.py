"""Filters of the lists of plan records, read from the address; what cannot be accepted is shown at its field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from core.errors import N_, Broken, Invalid, SeveralBroken, TooLong
from web.choices import PAGE_PLACE, Choices
from web.forms import NO_PROBLEMS, Problems, Typed, id_from_text, problems_of
from web.pages import page
from web.plan_choice import PlanChoice

LONGEST_SEARCH = 80


@dataclass(frozen=True)
class Chip:
    """A filter in force: what it is called, what it is narrowed to, and the address without it."""

    label: str
    value: str
    without: str
    of_plan: bool = False


class Filters:
    """Reads one filter after another and remembers the problems and the chips."""

    def __init__(self, request: Request, choices: Choices, chosen: PlanChoice) -> None:
        self.query = request.query_params
        self.choices = choices
        self.chips: list[Chip] = []
        self._found: list[Broken] = []
        if chosen.plan is not None:
            # Another plan has other headings and categories: those begin anew.
            without = choices.here(plan=None, programme=None, category=None)
            self.chips.append(Chip(N_("规划"), chosen.plan.short_title, without, of_plan=True))

    def _typed(self, name: str) -> str:
        return self.query.get(name, "").strip()

    def text(self, name: str = "q") -> str:
        """The words to look for."""
        text = self._typed(name)
        if len(text) > LONGEST_SEARCH:
            self._found.append(TooLong(field=name, label=N_("文字"), found=len(text), limit=LONGEST_SEARCH))
        elif text:
            self._chip(N_("文字"), text, name)
        return text[:LONGEST_SEARCH]

    def one_of(self, name: str, label: str, known: Mapping[str, str], *, of_plan: bool = False) -> str | None:
        """One of the known values, None when nothing was chosen. `known` gives each value its name."""
        text = self._typed(name)
        if text and text not in known:
            self._found.append(Invalid(field=name, label=label, found=text, expected=N_("列表中的一项")))
            return None
        if text:
            self._chip(label, known[text], name, of_plan=of_plan)
        return text or None

    def flag(self, name: str, label: str) -> bool:
        """Whether a box is ticked."""
        ticked = self._typed(name) == "1"
        if ticked:
            self._chip(label, N_("是"), name)
        return ticked

    @property
    def after(self) -> int | None:
        """The id of the last row of the page before."""
        return id_from_text(self._typed(PAGE_PLACE))

    @property
    def typed(self) -> Typed:
        """What the form shows."""
        return Typed({name: (value,) for name, value in self.query.items()})

    @property
    def problems(self) -> Problems:
        return problems_of(SeveralBroken(self._found), self.choices.language) if self._found else NO_PROBLEMS

    def listed(self, request: Request, template: str, **context: Any) -> Response:
        """The page of the list, or its part; htmx puts an address without empty parameters into the browser's history."""
        problems = self.problems
        status = problems.status if problems else 200
        response = page(
            request, template, part="list", status=status, filters=self, typed=self.typed, problems=problems, **context
        )
        empty = {name: None for name, value in self.choices.query if not value}
        response.headers["HX-Push-Url"] = self.choices.here(**empty | {PAGE_PLACE: self.query.get(PAGE_PLACE)})
        return response

    def _chip(self, label: str, value: str, name: str, *, of_plan: bool = True) -> None:
        self.chips.append(Chip(label, value, self.choices.here(**{name: None}), of_plan))
