"""Turn any run folders into a Markdown table: published figures beside measured ones.

::

    python benchmarks/table_of_runs.py runs/mfunet runs/mfunet-modern > table.md
    python benchmarks/table_of_runs.py runs/cascade-anatomy --conventions case3d \
        --columns lv_epicardium lv_epicardium:hausdorff_mm

`scarmap reproduce` makes the tables of a paper, with statistics; this is for runs made by hand,
such as those with settings that no row of a paper has. The runs of one table are of one label
layout. Every number comes from the run folders (`run.json`, `evaluation/summary.json`), so a table
can be made again.
"""

import argparse
from pathlib import Path

from scarmap.io.run import RunFolder
from scarmap.recipes.describe import settings
from scarmap.report.paper.origin import run_origin, told
from scarmap.report.paper.table import COLUMNS, CONVENTIONS, markdown, paper_table, row_of_run
from scarmap.systems.catalogue import RECIPES


def main() -> None:
    """Print the table and, below it, how each row was made."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path, help="run folders")
    parser.add_argument(
        "--columns", nargs="+", help="structure, or structure:metric; by default the layout's"
    )
    parser.add_argument(
        "--conventions",
        nargs="+",
        help="conventions of the measured lines; by default the layout's",
    )
    asked = parser.parse_args()
    runs = [RunFolder(path) for path in asked.runs]
    layout = runs[0].read_record()["data"].get("layout", "myops2020")
    table = paper_table(
        [row_of_run(run) for run in runs],
        columns=asked.columns or COLUMNS[layout],
        conventions=asked.conventions or CONVENTIONS[layout],
    )
    own = {name: settings(row.recipe) for name, row in RECIPES.items()}
    print("\n".join([*markdown(table), "", *(told(run_origin(run, own)) for run in runs)]))


if __name__ == "__main__":
    main()
