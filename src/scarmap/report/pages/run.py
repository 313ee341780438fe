"""The report of a run: one HTML page that carries everything inside itself and opens without a network."""

from collections.abc import Mapping, Sequence
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
from scarmap.report.html import Picture, chart_address, write_page
from scarmap.report.pages.cohort import cohort_address, study_addresses
from scarmap.report.run.cases import case_pictures, illustration_pictures
from scarmap.report.run.curves import Log, draw_curves
from scarmap.report.run.facts import facts, fold_of_case, warnings
from scarmap.report.run.ranking import CaseScore, percent, rank_cases, ranked_by
from scarmap.report.run.reliability import reliability_picture
from scarmap.report.run.scores import (
    COLUMNS,
    infarcted_tables,
    presence_lines,
    published_figures,
    score_tables,
)


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
    comparison = compare_runs([run, *against]) if against else None
    scores_file = run.evaluation / "cases.csv"
    rows = read_scores(scores_file) if scores_file.is_file() else []
    recipe, ranked, split = record.get("recipe", {}), rank_cases(rows), recorded_split(record)
    layout = record.get("data", {}).get("layout") or recipe.get("layout") or "myops2020"
    cases, no_cases = case_pictures(run, record, ranked)
    illustrations, no_illustrations = illustration_pictures(run, layout=layout)
    return write_page(
        run.report,
        "page.html",
        name=recipe.get("name") or run.root.name,
        facts=facts(record),
        warnings=warnings(record) + _not_scored(record, ranked, split),
        notes=notes(split),
        settings=recipe.get("settings") or {},
        tables=score_tables(
            rows,
            published=published_figures(recipe),
            published_convention=recipe.get("published_convention"),
        ),
        comparison=None if comparison is None else comparison_section(comparison),
        presence={"columns": COLUMNS, "lines": presence_lines(rows)},
        infarcted=infarcted_tables(rows),
        reliability=reliability_picture(read_reliability(run.evaluation)),
        curves=curve_pictures(
            run.logs(), order=[each["name"] for each in _details(recipe).get("stages", ())]
        ),
        boxes=box_picture(rows),
        cases=cases,
        no_cases=no_cases,
        ranked_by=ranked_by(ranked),
        case_table=case_table(ranked, fold_of_case(record)),
        measured=cohort_address(run),
        studies=study_addresses(run),
        illustrations=illustrations,
        no_illustrations=no_illustrations,
    )


def comparison_section(comparison: Comparison) -> dict[str, Any]:
    """What the page says about several runs.

    Args:
        comparison: The runs.
    """
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
    pictures = []
    for stage in [
        *(name for name in order if name in stages),
        *(name for name in stages if name not in order),
    ]:
        by_fold = stages[stage]
        folds = f"{len(by_fold)} folds" if len(by_fold) > 1 else f"fold {next(iter(by_fold))}"
        caption = "Thin lines are folds, thick lines their mean over the epochs that all have run. "
        caption = (
            caption if len(by_fold) > 1 else ""
        ) + "Dashed verticals mark a new training phase."
        alt = f"Training loss and validation Dice of stage {stage} over epochs, {folds}."
        address = chart_address(draw_curves(by_fold))
        pictures.append(Picture(f"Stage {stage.replace('_', ' ')}, {folds}", caption, alt, address))
    return pictures


def box_picture(rows: Sequence[Score]) -> Picture | None:
    """Draw the box plots of Dice per case; None where no case has a defined one.

    Args:
        rows: Scores of all cases.
    """
    values: dict[str, list[float]] = {}
    for row in rows:
        if (row.convention, row.metric) == ("case3d", "dice"):
            values.setdefault(row.structure, []).append(row.value)
    values = {structure: values[structure] for structure in regions_in_order(list(values))}
    if not any(value == value for numbers in values.values() for value in numbers):
        return None
    caption = (
        "One point per case, 3D. Boxes span the quartiles, the line is the median, whiskers reach "
        "the last case within 1.5 interquartile ranges."
    )
    alt = f"Box plots of Dice per case for {', '.join(region_title(structure) for structure in values)}."
    return Picture("Dice of every case", caption, alt, chart_address(draw_boxes(values)))


def case_table(ranked: Sequence[CaseScore], folds: Mapping[str, int]) -> dict[str, list[Any]]:
    """Table of all cases, best first: `columns` and `lines`, every cell as text.

    Args:
        ranked: Cases as `rank_cases` sorts them.
        folds: Case to the fold that held it out.
    """
    structures = regions_in_order(
        list(dict.fromkeys(name for case in ranked for name in case.dice))
    )
    with_scar = any(case.scar_ml == case.scar_ml for case in ranked)
    lines = []
    for case in ranked:
        line = [case.name, str(folds.get(case.name, "–"))]
        line += [percent(case.dice.get(structure, float("nan"))) for structure in structures]
        line += [_ml(case.scar_ml), _ml(case.true_scar_ml)] * with_scar
        lines.append(line)
    columns = ["case", "fold", *(region_title(structure) for structure in structures)]
    return {
        "columns": columns + ["scar predicted, ml", "scar expert, ml"] * with_scar,
        "lines": lines,
    }


def _details(recipe: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = recipe.get("details") or {}
    return found


def _not_scored(record: Mapping[str, Any], ranked: Sequence[CaseScore], split: Split) -> list[str]:
    planned = len(split.slices) or record.get("data", {}).get("num_cases")
    if not ranked or not isinstance(planned, int) or len(ranked) >= planned:
        return []
    return [f"Scored so far: {len(ranked)} of {planned} {'slices' if split.slices else 'cases'}."]


def _ml(volume: float) -> str:
    return f"{volume:.1f}" if volume == volume else "–"
