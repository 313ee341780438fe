"""What gadolinium does to relaxation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from scarmap.phantom.signal.tissue import Relaxation


@dataclass(frozen=True)
class Agent:
    """A contrast agent. `r1`, `r2`: relaxivities in plasma, litres per millimole and second."""

    r1: float
    r2: float


AGENTS: Mapping[float, Mapping[str, Agent]] = {
    1.5: {
        "gadobutrol": Agent(4.78, 6.1),
        "gadoterate": Agent(3.32, 4.2),
        "gadoteridol": Agent(3.80, 4.6),
    },
    3.0: {
        "gadobutrol": Agent(4.97, 6.1),
        "gadoterate": Agent(3.00, 4.2),
        "gadoteridol": Agent(3.28, 4.6),
    },
}
"""Agents by field strength in tesla. r1: Szomolanyi 2019. r2 from memory of the literature."""


def enhanced(tissue: Relaxation, *, plasma_mm: float, agent: Agent) -> Relaxation:
    """A tissue in equilibrium with plasma that holds gadolinium.

    R1 = R1 + r1 ECV Cp, and R2 likewise: the agent spreads through the extracellular volume only.

    Args:
        tissue: Without gadolinium.
        plasma_mm: Concentration in plasma, millimole per litre.
        agent: The contrast agent.

    >>> wall = Relaxation(1000.0, 50.0, 30.0, 0.8, 0.25)
    >>> round(enhanced(wall, plasma_mm=0.8, agent=Agent(5.0, 5.0)).t1_ms)
    500
    """
    reached = plasma_mm * tissue.ecv / 1000
    return replace(
        tissue,
        t1_ms=1 / (1 / tissue.t1_ms + agent.r1 * reached),
        t2_ms=1 / (1 / tissue.t2_ms + agent.r2 * reached),
    )
