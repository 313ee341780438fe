"""On EMIDEC itself, where SCARMAP_EMIDEC names its folder."""

import os
from pathlib import Path

import pytest

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.sampling.preparation import check_nothing_lost, prepare
from scarmap.systems.anatomy_prior.recipe import anatomy_prior
from scarmap.training.run.training_set import at_one_pixel_size

pytestmark = pytest.mark.skipif(
    "SCARMAP_EMIDEC" not in os.environ, reason="SCARMAP_EMIDEC is not set"
)


@pytest.fixture(scope="module")
def cases():
    files = find_cases(Path(os.environ["SCARMAP_EMIDEC"]), labelled=True)
    return [load_case(each, sequences=("LGE",), labelled=True) for each in files]


@pytest.mark.parametrize("settings", [{}, {"schedule": "modern"}, {"size": 96, "spacing_mm": 2.0}])
def test_no_label_is_cut_off_by_the_window(cases, settings):
    preparation = at_one_pixel_size(anatomy_prior(**settings).preparation, cases)
    for case in cases:
        slices = prepare(case, preparation)
        assert bool((slices.labels > 0).any())
        check_nothing_lost(case, slices, preparation.size)
