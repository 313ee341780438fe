"""The page's tables are made from the code; `SCARMAP_WRITE_GOLDEN=1` writes them anew."""

import inspect
import os
import re
from dataclasses import fields
from pathlib import Path

from scarmap.quantification import result
from scarmap.quantification.agreement import Agreement, Estimate
from scarmap.quantification.dictionary import FIGURES, FLAGS, GRAVE
from scarmap.quantification.origin import MaskOrigin
from scarmap.quantification.parts import GreyZone, Territory
from scarmap.quantification.tables import (
    SEGMENT_COLUMNS,
    SEGMENTS_FILE,
    TERRITORIES_FILE,
    TERRITORY_COLUMNS,
)

PAGE = Path(__file__).parents[2] / "docs" / "quantification.md"
BEGIN, END = "<!-- made from the code -->\n", "<!-- end -->\n"
PARTS = (
    result.Quantification,
    result.Interval,
    result.Reference,
    result.SliceFigures,
    result.Ring,
    result.Segment,
    result.WallFigures,
    result.Transmurality,
    result.ThresholdFigures,
    result.Remote,
    GreyZone,
    Territory,
    result.Flag,
    MaskOrigin,
)


def _table(head, rows):
    cells = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def _attributes(kind):
    """Names and meanings in the `Attributes:` of a class, in the order of its fields."""
    text = inspect.getdoc(kind).split("Attributes:\n")[1]
    found = dict(re.findall(r"^    (\w+): ((?:.|\n(?!    \w+:))*)", text, re.MULTILINE))
    described = {
        name: " ".join(meaning.split()).replace("|", r"\|") for name, meaning in found.items()
    }
    assert list(described) == [field.name for field in fields(kind)], kind
    return [[f"`{name}`", meaning] for name, meaning in described.items()]


def _rows(meanings):
    return [[f"`{name}`", meaning] for name, meaning in meanings.items()]


def _tables():
    figures = [[f"`{figure.name}`", figure.unit, figure.meaning] for figure in FIGURES]
    parts = [
        f"\n### {kind.__name__}\n\n{_table(['Field', 'Meaning'], _attributes(kind))}"
        for kind in PARTS
    ]
    columns = [
        f"\n### {name}\n\n{_table(['Column', 'Meaning'], _rows(meanings))}"
        for name, meanings in (
            (SEGMENTS_FILE, SEGMENT_COLUMNS),
            (TERRITORIES_FILE, TERRITORY_COLUMNS),
        )
    ]
    return "".join(
        [
            "\n### Figures of a study\n\n",
            _table(["Name", "Unit", "Meaning"], figures),
            "\n### Flags\n\n",
            _table(["Code", "Meaning"], _rows(FLAGS)),
            *parts,
            *columns,
            "\n### Agreement\n\n",
            _table(["Field", "Meaning"], _attributes(Agreement)),
            "\n",
        ]
    )


def test_the_page_holds_the_dictionary_of_the_code():
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    written, after = rest.split(END)
    if os.environ.get("SCARMAP_WRITE_GOLDEN"):
        PAGE.write_text(f"{before}{BEGIN}{_tables()}{END}{after}", encoding="utf-8")
        return
    assert written == _tables()


def test_names_of_figures_are_unique_and_end_in_their_unit():
    endings = {
        "ml": "_ml", "g": "_g", "mm": "_mm", "%": "_percent", "ratio": "_index", "count": "",
        "m2": "_m2", "g/m2": "_g_m2",
    }  # fmt: skip
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)
    for figure in FIGURES:
        assert endings[figure.unit] in figure.name
        assert (figure.unit == "count") == figure.name.startswith("num_")
        assert figure.meaning.endswith(".")


def test_the_last_of_the_grave_flags_is_the_interval_without_its_figure():
    grave = [code in GRAVE for code in FLAGS]
    assert grave == sorted(grave, reverse=True)
    last = list(FLAGS).index("interval_excludes")
    assert grave[last - 1 : last + 2] == [True, True, False]


def test_an_estimate_is_a_value_with_two_ends():
    assert [field.name for field in fields(Estimate)] == ["value", "low", "high"]
