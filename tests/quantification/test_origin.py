"""What a mask can show, by where it comes from."""

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.quantification.origin import MaskOrigin, unassessed, undefined_parts

TISSUES = tuple(INDEX)
UNCALLED, UNSEEN = "not assessed", "not assessable"


def found(*tissues, labelled=TISSUES, **origin):
    labels = np.array([INDEX[tissue] for tissue in tissues], dtype=np.uint8).reshape(-1, 1, 1)
    return unassessed(MaskOrigin("m", **origin), labels, labelled)


@pytest.mark.parametrize(
    ("origin", "tissues", "missing"),
    [
        ({}, ["lv_pool"], {}),
        ({"sequences": ("LGE", "T2")}, ["lv_pool"], {}),
        ({"sequences": ("LGE",)}, ["scar"], {"edema": UNSEEN}),
        ({"sequences": ("LGE",)}, ["edema"], {}),
        ({"sequences": ("LGE",), "by_model": True}, ["edema"], {"edema": UNSEEN}),
        ({"sequences": ("T2",)}, ["edema"], {"scar": UNSEEN, "mvo": UNSEEN}),
        ({"sequences": ("T2",)}, ["scar"], {}),
        ({"hardly_calls": ("mvo", "edema")}, ["edema"], {"mvo": UNCALLED}),
        (
            {"hardly_calls": ("mvo", "edema"), "sequences": ("LGE",), "by_model": True},
            ["edema"],
            {"mvo": UNCALLED, "edema": UNSEEN},
        ),
    ],
)
def test_what_was_not_seen_is_not_assessable_and_what_is_hardly_called_not_assessed(
    origin, tissues, missing
):
    assert found(*tissues, **origin) == missing


def test_what_the_layout_does_not_label_is_not_missing():
    labelled = ("background", "lv_pool", "scar")
    assert found("scar", labelled=labelled, sequences=("bSSFP",), by_model=True) == {"scar": UNSEEN}


def test_infarct_needs_scar_and_its_parts_need_both():
    assert undefined_parts({}) == ()
    assert undefined_parts({"mvo": UNCALLED}) == ("infarct_without_mvo", "mvo")
    assert undefined_parts({"scar": UNSEEN}) == (
        "normal_myocardium",
        "infarct",
        "infarct_without_mvo",
        "area_at_risk",
    )


def test_the_title_names_version_and_limits_where_there_are_any():
    assert MaskOrigin().title == "given mask"
    assert MaskOrigin("m", limits="adults only").title == "m: adults only"
    assert MaskOrigin("m", "2", "adults only").title == "m, version 2: adults only"
