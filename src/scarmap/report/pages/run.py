"""The report of a run: one HTML page that carries everything inside itself, without a network."""

from collections.abc import Mapping, Sequence
from math import isnan, nan
from pathlib import Path
from typing import Any

from scarmap.datasets.split import Split, notes, recorded_split
from scarmap.evaluation.reliability import read_reliability
from scarmap.io.run import RunFolder
from scarmap.io.scores import Score, read_scores
from scarmap.report.comparison.compare import Comparison, compare_runs
from scarmap.report.comparison.pictures import run_box_pictures, side_by_side_picture
from scarmap.report.comparison.tables import paired_table, run_tables, shared_text
from scarmap.report.drawing.boxes import draw_boxes
from scarmap.report.drawing.heart import region_title, regions_in_order
from scarmap.report.html import Image, Picture, chart_address, write_page
from scarmap.report.pages.cohort import cohort_address, study_addresses
from scarmap.report.run.cases import case_pictures, illustration_pictures
from scarmap.report.run.curves import Log, draw_curves
from scarmap.report.run.facts import facts, fold_of_case, warnings
from scarmap.report.run.ranking import CaseScore, percent, rank_cases, ranked_by
from scarmap.report.run.reliability import reliability_picture
from scarmap.report.run.scores import (
    PRESENCE_COLUMNS,
    infarcted_table,
    presence_lines,
    published_scores,
    score_table,
)

_ABOUT: Mapping[str, str] = {
    "Paper": "",
    "Sequences": "",
    "Data folder": "",
    "Folds": "folds: ",
    "Started": "",
}
"""Facts that stand at the top, and what goes before each; all of them stand at the end."""


def build_report(run: RunFolder, against: Sequence[RunFolder] = ()) -> Path:
    """Write the report page of a run; sections whose files are missing say so.

    Args:
        run: A run folder, finished or not.
        against: Other runs to compare it with; then all of them must have been scored.

    Returns:
        The page, `report.html` in the run folder.

    Raises:
        RunError: This is not a run folder, or it cannot be compared with one of the others.
        DataError: Its record or its scores are damaged.
    """
    record = run.read_record()
    comparison = _comparison_section(compare_runs([run, *against])) if against else None
    rows = _scores(run)
    recipe, ranked, split = record.get("recipe", {}), rank_cases(rows), recorded_split(record)
    layout = record.get("data", {}).get("layout") or recipe.get("layout") or "myops2020"
    details = recipe.get("details") or {}
    gallery = case_pictures(run, record, ranked)
    illustrations, no_illustrations = illustration_pictures(run, layout=layout)
    return write_page(
        run.report,
        "page.html",
        name=recipe.get("name") or run.root.name,
        facts=facts(record),
        about=[_ABOUT[label] + text for label, text in facts(record) if label in _ABOUT],
        warnings=warnings(record) + _not_scored(record, ranked, split),
        notes=notes(split),
        settings=recipe.get("settings") or {},
        table=score_table(
            rows,
            published=published_scores(recipe),
            published_convention=recipe.get("published_convention"),
        ),
        comparison=comparison,
        presence={"columns": PRESENCE_COLUMNS, "lines": presence_lines(rows)},
        infarcted=infarcted_table(rows),
        reliability=reliability_picture(read_reliability(run.evaluation)),
        curves=curve_pictures(
            run.logs(), order=[each["name"] for each in details.get("stages", ())]
        ),
        boxes=_box_picture(rows),
        glance=gallery.glance,
        cases=gallery.pictures,
        no_cases=gallery.missing,
        ranked_by=ranked_by(ranked),
        case_table=case_table(ranked, fold_of_case(record)),
        measured=cohort_address(run),
        studies=study_addresses(run),
        illustrations=illustrations,
        no_illustrations=no_illustrations,
    )


def _scores(run: RunFolder) -> list[Score]:
    path = run.evaluation / "cases.csv"
    return read_scores(path) if path.is_file() else []


def _comparison_section(comparison: Comparison) -> dict[str, Any]:
    return {
        "shared": shared_text(comparison),
        "tables": run_tables(comparison),
        "paired": paired_table(comparison),
        "boxes": run_box_pictures(comparison),
        "slices": side_by_side_picture(comparison),
    }


def curve_pictures(
    logs: Mapping[tuple[int, str], Log], *, order: Sequence[str] = ()
) -> list[Picture]:
    """Draw the training curves, one picture per stage with all its folds.

    Args:
        logs: As `RunFolder.logs` reads them; empty logs are passed over.
        order: Names of the stages in the order of training; others come after them.
    """
    stages: dict[str, dict[int, Log]] = {}
    for (fold, stage), log in logs.items():
        if log:
            stages.setdefault(stage, {})[fold] = log
    in_order = [*(name for name in order if name in stages), *stages]
    return [_curve_picture(stage, stages[stage]) for stage in dict.fromkeys(in_order)]


def _curve_picture(stage: str, logs: Mapping[int, Log]) -> Picture:
    folds, caption = f"fold {next(iter(logs))}", ""
    if len(logs) > 1:
        folds = f"{len(logs)} folds"
        caption = "Thin lines are folds, thick lines their mean over the epochs that all have run. "
    caption += "Dashed verticals mark a new training phase."
    title = f"Stage {stage.replace('_', ' ')}, {folds}"
    panels = [
        Image(chart_address(figure), f"{name.capitalize()} of stage {stage} over epochs, {folds}.")
        for figure in draw_curves(logs)
        for name in [figure.axes[0].get_title(loc="left")]
    ]
    return Picture(title, caption, title, panels=panels)


def _box_picture(rows: Sequence[Score]) -> Picture | None:
    """Draw the box plots of Dice per case; None where no case has a defined one."""
    by_structure: dict[str, list[float]] = {}
    for row in rows:
        if (row.convention, row.metric) == ("case3d", "dice"):
            by_structure.setdefault(row.structure, []).append(row.value)
    if all(isnan(value) for numbers in by_structure.values() for value in numbers):
        return None
    values = {name: by_structure[name] for name in regions_in_order(list(by_structure))}
    caption = (
        "One point per case, 3D. Boxes span the quartiles, the line is the median, whiskers reach "
        "the last case within 1.5 interquartile ranges."
    )
    alt = f"Box plots of Dice per case for {', '.join(map(region_title, values))}."
    return Picture("Dice of every case", caption, alt, chart_address(draw_boxes(values)))


def case_table(ranked: Sequence[CaseScore], folds: Mapping[str, int]) -> dict[str, list[Any]]:
    """Make the table of all cases, best first: `columns` and `lines`, every cell as text.

    Args:
        ranked: Cases as `rank_cases` sorts them.
        folds: Case to the fold that held it out.
    """
    structures = regions_in_order(
        list(dict.fromkeys(name for case in ranked for name in case.dice))
    )
    scar_columns = []
    if not all(isnan(case.scar_ml) for case in ranked):
        scar_columns = ["scar predicted, ml", "scar expert, ml"]
    lines = []
    for case in ranked:
        line = [case.name, str(folds.get(case.name, "–"))]
        line += [percent(case.dice.get(structure, nan)) for structure in structures]
        if scar_columns:
            line += [_ml(case.scar_ml), _ml(case.true_scar_ml)]
        lines.append(line)
    columns = ["case", "fold", *map(region_title, structures), *scar_columns]
    return {"columns": columns, "lines": lines}


def _not_scored(record: Mapping[str, Any], ranked: Sequence[CaseScore], split: Split) -> list[str]:
    planned = len(split.slices) or record.get("data", {}).get("num_cases")
    if not ranked or not isinstance(planned, int) or len(ranked) >= planned:
        return []
    return [f"Scored so far: {len(ranked)} of {planned} {'slices' if split.slices else 'cases'}."]


def _ml(volume: float) -> str:
    return "–" if isnan(volume) else f"{volume:.1f}"
