"""How long answers took, as a row of figures."""

from collections.abc import Sequence


def quantile(times: Sequence[float], share: float) -> float:
    """The time within which this share of the answers came."""
    ordered = sorted(times)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def of_times(times: Sequence[float]) -> dict[str, object]:
    """Units: milliseconds."""
    shares = {"median_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
    found = {name: round(1000 * quantile(times, share)) for name, share in shares.items()}
    return {"count": len(times), **found, "longest_ms": round(1000 * max(times))}
