"""The shapes of rules.yaml, why_not.yaml and links.yaml: how works roll up into indicators, and what may count twice."""

import re
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from seed.records import Cite, DecimalText, Key, Record, Text

Sentence = Annotated[str, Field(min_length=1, max_length=400)]
_FACTOR = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?(/[1-9][0-9]{0,8})?")


def factor_from_text(text: str) -> Fraction:
    """The exact factor that a text such as 1, 0.85 or 2/3 stands for.

    Errors: ValueError.
    """
    if not _FACTOR.fullmatch(text):
        raise ValueError("a factor in quotes is expected, such as '1', '0.85' or '2/3'")
    number, _, below = text.partition("/")
    factor = Fraction(number) / int(below or 1)
    if factor == 0:
        raise ValueError("a factor of 0 moves nothing; leave the measure out")
    return factor


def _factor(text: str) -> str:
    factor_from_text(text)
    return text


class SeedQuote(Record):
    """A clause of the plan that a derived number rests on."""

    wording: Text
    cite: Cite


class SeedAmount(Record):
    """A whole or a start of a formula: printed in the plan, derived from it, or from a source outside it; or only its name.

    `derived_from` holds the clauses that a derived value rests on; `source` says how, or names the outside source with its year.
    """

    name: Annotated[str, Field(min_length=1, max_length=80)]
    value: DecimalText | None = None
    unit: Text | None = None
    source: Sentence | None = None
    wording: Text | None = None
    cite: Cite | None = None
    derived_from: list[SeedQuote] = Field(default=[])

    @model_validator(mode="after")
    def _has_its_source(self) -> "SeedAmount":
        if (self.value is None) != (self.unit is None) or (self.value is None) != (self.source is None):
            raise ValueError("a value, its unit and its source stand together or not at all")
        if (self.wording is None) != (self.cite is None):
            raise ValueError("wording and cite stand together")
        if self.value is None and (self.cite is not None or self.derived_from):
            raise ValueError("without a value there is nothing to cite")
        if self.cite is not None and self.derived_from:
            raise ValueError("what is printed is not derived")
        return self


class SeedRuleMeasure(Record):
    """One measure that moves the indicator; `unit` tells its dimension."""

    measure: Annotated[str, Field(min_length=1, max_length=80)]
    unit: Text
    factor: Annotated[str, AfterValidator(_factor)] = "1"
    tier: Literal["claimed", "verified", "surviving"] = "verified"
    lag_years: Annotated[int, Field(ge=0, le=30)] = 0
    assumption: Sentence
    assumption_en: Sentence


class SeedRule(Record):
    """How works move one indicator; `none` with a kind, or a reason of its own, where they do not.

    `wording` is the clause that the rule rests on.
    """

    indicator: Key
    formula: Literal["share", "total", "none"]
    whole: SeedAmount | None = None
    start: SeedAmount | None = None
    measures: list[SeedRuleMeasure] = Field(default=[])
    kind: Key | None = None
    why_not: Sentence | None = None
    why_not_en: Sentence | None = None
    assumption: Text | None = None
    assumption_en: Text | None = None
    wording: Text
    cite: Cite

    @model_validator(mode="after")
    def _complete(self) -> "SeedRule":
        for name in ("why_not", "assumption"):
            if (getattr(self, name) is None) != (getattr(self, f"{name}_en") is None):
                raise ValueError(f"{name} stands in both languages or not at all")
        if self.kind is not None and self.why_not is not None:
            raise ValueError("a kind has its sentence already")
        if self.formula == "none":
            if self.measures or (self.kind is None and self.why_not is None):
                raise ValueError("a rule of none has a kind or a reason, and no measures")
        elif not self.measures or self.kind is not None:
            raise ValueError("a rule that computes has measures and no kind")
        if self.formula == "share" and self.whole is None:
            raise ValueError("a share has a whole, if only by name")
        return self


class SeedCannot(Record):
    """Indicators that works do not move, all for one kind of reason (why_not.yaml)."""

    kind: Key
    indicators: Annotated[list[Key], Field(min_length=1)]


class SeedAggregation(Record):
    """How values of several periods, and of several places, become one."""

    over_time: Literal["sum", "last", "average"]
    over_places: Literal["sum", "ratio", "none"]
    indicators: Annotated[list[Key], Field(min_length=1)]


class SeedOverlap(Record):
    """Works of `inner` may already be in those of `outer`, as a contradiction of the plan says."""

    contradiction: Key
    measure: Text
    inner: Key
    outer: Key


class SeedRules(Record):
    rules: list[SeedRule]
    cannot: list[SeedCannot]
    aggregation: list[SeedAggregation]
    overlaps: list[SeedOverlap] = Field(default=[])


class SeedKind(Record):
    key: Key
    why: Sentence
    why_en: Sentence


class SeedKinds(Record):
    kinds: list[SeedKind]


class SeedEnd(Record):
    """One end of a link: the record that is named, and the clause that speaks of it."""

    plan: Key
    key: Key
    wording: Text
    cite: Cite


class SeedLink(Record):
    """A project of a lower plan supports a programme of a higher one: ours, not the plans', and so with a reason."""

    project: SeedEnd
    programme: SeedEnd
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class SeedLinks(Record):
    links: list[SeedLink]
