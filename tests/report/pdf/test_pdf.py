import re
import shutil
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scarmap.alignment.result import Aligned, SequenceMoves, SliceMove
from scarmap.datasets.masks import load_study, studies_of_folder
from scarmap.quantification.origin import MaskOrigin
from scarmap.quantification.study import quantify
from scarmap.report.cells import AlignedTable, Column
from scarmap.report.pages.study import build_study
from scarmap.report.pdf.browser import find_browser, print_page
from scarmap.report.pdf.plain import _lines, draw_study
from scarmap.report.pdf.study import write_study_pdf


@pytest.fixture(scope="module")
def case(myops_phantom):
    return load_study(studies_of_folder(myops_phantom)[0])


@pytest.fixture(scope="module")
def measured(case):
    return quantify(case.labels, case="study-1", layout=case.layout, image=case.images["LGE"])


@pytest.fixture(scope="module")
def plain(case, measured):
    return draw_study(case, replace(measured, origin=MaskOrigin("some model", "1.0")))


def _sheets(pdf):
    return len(re.findall(rb"/Type /Page\b", pdf))


def _drawn(pdf):
    """Everything that is drawn, unpacked."""
    return b"".join(
        zlib.decompress(stream)
        for stream in re.findall(rb"stream\r?\n(x[\x01\x9c\xda].*?)\r?\nendstream", pdf, re.DOTALL)
    )


def test_without_a_browser_every_sequence_and_the_tables_get_sheets(plain, case):
    assert plain.startswith(b"%PDF-")
    assert _sheets(plain) == 1 + len(case.images) + 2


def test_more_slices_than_fit_on_a_sheet_go_on_on_another(case, measured, plain):
    several = 8
    images = {"LGE": case.images["LGE"]}
    stacked = {
        name: replace(image, array=np.repeat(image.array, several, axis=2))
        for name, image in images.items()
    }
    grid = replace(case.grid, shape=(*case.grid.shape[:2], case.grid.shape[2] * several))
    labels = replace(case.labels, array=np.repeat(case.labels.array, several, axis=2), grid=grid)
    tall = replace(
        case, images={n: replace(i, grid=grid) for n, i in stacked.items()}, labels=labels
    )
    study = quantify(labels, case="tall", layout=case.layout)
    assert grid.shape[2] == 24
    assert _sheets(draw_study(tall, study)) == 1 + 2 + 1


def test_alignment_gets_a_sheet(case, measured, plain):
    images = {"LGE": case.images["LGE"], "T2": case.images["T2"]}
    outlines = {
        name: replace(image, array=(case.labels.array > 0).astype(np.float32))
        for name, image in images.items()
    }
    moves = {"T2": SequenceMoves((SliceMove(0, made_mm=(3.0, 4.0)),) * case.grid.shape[2])}
    aligned = Aligned(images, "LGE", "full", moves, images, outlines)
    pdf = draw_study(case, measured, aligned=aligned)
    assert _sheets(pdf) == _sheets(plain) + 1
    assert len(pdf) > len(plain) + 10_000


def test_a_mask_without_images_or_segments_is_drawn_too(case):
    bare = replace(case, images={})
    array = case.labels.array.copy()
    array[array == 2] = 0
    labels = replace(case.labels, array=array)
    study = quantify(labels, case="bare", layout=case.layout)
    assert study.segments == ()
    pdf = draw_study(replace(bare, labels=labels), study)
    assert _sheets(pdf) == 3


def test_an_empty_mask_is_drawn_too(case):
    labels = replace(case.labels, array=np.zeros_like(case.labels.array))
    study = quantify(labels, case="empty", layout=case.layout)
    assert _sheets(draw_study(replace(case, labels=labels), study)) > 2


def test_outlines_and_discs_are_drawn_in_the_colours_of_the_page(plain):
    """Yellow of scar as a line, the darkest class of the discs or another of it as a surface."""
    drawn = _drawn(plain)
    assert re.search(rb"0\.941\d* 0\.894\d* 0\.258\d* RG", drawn)
    assert re.search(rb"0\.964\d* 0\.964\d* 0\.952\d* rg", drawn)


def test_a_table_becomes_lines_of_equal_columns():
    table = AlignedTable(
        (Column("part"), Column("mass", "g")), (("wall", "104.2"), ("infarct", "9.1"))
    )
    assert _lines(table) == [
        "part      mass",
        "             g",
        "wall     104.2",
        "infarct    9.1",
    ]


def test_a_browser_that_fails_is_replaced_by_the_plain_sheets(case, measured, tmp_path):
    page = build_study(case, measured, tmp_path / "page.html")
    broken = Path(shutil.which("false"))
    assert print_page(page, broken) is None
    pdf = write_study_pdf(page, case, measured, tmp_path / "page.pdf", browser=broken)
    assert _sheets(pdf) == 1 + len(case.images) + 2
    assert (tmp_path / "page.pdf").read_bytes() == pdf


@pytest.mark.slow
@pytest.mark.skipif(find_browser() is None, reason="no Chromium on the path")
def test_chromium_prints_the_page_itself(case, measured, plain, tmp_path):
    page = build_study(case, measured, tmp_path / "page.html")
    pdf = print_page(page, find_browser())
    assert pdf.startswith(b"%PDF-")
    assert 1 < _sheets(pdf) <= 4
    assert b"Skia/PDF" in pdf
    assert pdf != plain
