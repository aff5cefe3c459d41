"""Performance targets for tests: those of the forest, and what was reached of them."""

from sqlmodel import Session

from milestones.performance import PerformanceTarget
from milestones.performance_rules import NewPerformance
from milestones.performance_setting import set_target
from portfolio.projects import Project
from tests.samples import SOMEBODY, a_basis

TARGETS = (
    NewPerformance("quantity", "营造林面积", "30", operator="≥", value="5000", unit="亩"),
    NewPerformance("cost", "单位造林成本", "20", operator="≤", value="1200", unit="元/亩"),
    NewPerformance("ecological", "管护机制", "30", value_text="建立长效管护机制"),
    NewPerformance("satisfaction", "群众满意度", "10", operator="≥", value="90", unit="%"),
)


def make_targets(session: Session, project: Project, since: int = 20241) -> list[PerformanceTarget]:
    """Four targets that share ninety points out; p1 to p4."""
    return [set_target(session, project, new, a_basis(since), by=SOMEBODY) for new in TARGETS]
