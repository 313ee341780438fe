"""Cases from best to worst, which of them to show, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan, nan
from statistics import fmean

from scarmap.io.scores import Score, values_by_case


@dataclass(frozen=True)
class CaseScore:
    """One case under `case3d`.

    Attributes:
        name: The case.
        score: What cases are sorted by, 0 to 1; NaN where it is undefined.
        dice: Structure to Dice, 0 to 1 or NaN.
        scar_ml: Predicted scar volume; NaN where scar is not labelled.
        true_scar_ml: The expert's.
    """

    name: str
    score: float
    dice: Mapping[str, float]
    scar_ml: float = nan
    true_scar_ml: float = nan


def rank_cases(rows: Iterable[Score]) -> list[CaseScore]:
    """Sort cases by the 3D Dice of scar, best first, undefined ones last by name.

    Where scar is labelled in no case, the mean over all structures stands in.

    Args:
        rows: Scores of all cases.
    """
    rows = [row for row in rows if row.convention == "case3d"]
    dice: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.metric == "dice":
            dice.setdefault(row.case, {})[row.structure] = row.value
    by_scar = any(isfinite(values.get("scar", nan)) for values in dice.values())
    volumes_ml, excess_ml = (
        values_by_case(rows, convention="case3d", structure="scar", metric=metric)
        for metric in ("volume_ml", "volume_difference_ml")
    )
    cases = []
    for name, values in dice.items():
        score = values.get("scar", nan) if by_scar else _mean(values.values())
        scar_ml = volumes_ml.get(name, nan)
        cases.append(CaseScore(name, score, values, scar_ml, scar_ml - excess_ml.get(name, nan)))
    return sorted(cases, key=_place)


def _place(case: CaseScore) -> tuple[bool, float, str]:
    undefined = isnan(case.score)
    return undefined, 0.0 if undefined else -case.score, case.name


def telling_cases(ranked: Sequence[CaseScore]) -> list[tuple[str, CaseScore]]:
    """Pick the best, the median and the worst of the cases with a defined score, each case once.

    Args:
        ranked: As `rank_cases` sorts them.
    """
    defined = [case for case in ranked if isfinite(case.score)]
    if len(defined) < 2:
        return [("Only scored case", case) for case in defined]
    picks = {"Best case": 0, "Median case": len(defined) // 2, "Worst case": len(defined) - 1}
    if len(defined) == 2:
        del picks["Median case"]
    return [(label, defined[index]) for label, index in picks.items()]


def ranked_by(ranked: Sequence[CaseScore]) -> str:
    """Say what cases are sorted by, for a sentence."""
    by_scar = any(case.score == case.dice.get("scar") for case in ranked)
    return "the 3D Dice of scar" if by_scar else "the mean 3D Dice of all structures"


def reason(ranked: Sequence[CaseScore], case: CaseScore) -> str:
    """Say where a case stands among all and by what, in one sentence.

    Args:
        ranked: As `rank_cases` sorts them.
        case: One of them, with a defined score.
    """
    defined = [each for each in ranked if isfinite(each.score)]
    place = f"{defined.index(case) + 1} of {len(defined)} cases by {ranked_by(ranked)}"
    text = f"Number {place}: {percent(case.score)} %."
    unranked = len(ranked) - len(defined)
    if not unranked:
        return text
    return f"{text} {unranked} more cannot be ranked, their score is undefined."


def percent(value: float) -> str:
    """Write a ratio as percent; a dash where it is undefined.

    >>> percent(0.5305), percent(float("nan"))
    ('53.0', '–')
    """
    return f"{100 * value:.1f}" if isfinite(value) else "–"


def _mean(values: Iterable[float]) -> float:
    defined = [value for value in values if isfinite(value)]
    return fmean(defined) if defined else nan
