import base64
import io
from dataclasses import replace

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from scarmap.labels import INDEX
from scarmap.report.cohort.thumbnails import scar_thumbnail
from scarmap.report.drawing.heart import region_colour
from scarmap.volume import LabelMap


def _pixels(thumbnail):
    content = base64.b64decode(thumbnail.address.removeprefix("data:image/webp;base64,"))
    return matplotlib.image.imread(io.BytesIO(content), format="webp")[..., :3] / 255


def _tinted(pixels):
    """Where a picture has a hue."""
    return pixels.max(axis=2) - pixels.min(axis=2) > 0.2


@pytest.fixture
def infarcted(case):
    """Much scar on the second slice, a little on the first."""
    array = case.labels.array.copy()
    few = array[..., 0] == INDEX["scar"]
    few[:, :19] = False
    array[..., 0][array[..., 0] == INDEX["scar"]] = INDEX["normal_myocardium"]
    array[..., 0][few] = INDEX["scar"]
    return replace(case, labels=LabelMap(array, case.grid))


def test_the_slice_with_most_infarct_is_shown_with_its_scar_tinted(infarcted, study):
    thumbnail = scar_thumbnail(infarcted, study.reference)
    pixels = _pixels(thumbnail)
    assert thumbnail.alt == "slice 2, which has most infarct, on LGE"
    assert pixels.shape[0] == pixels.shape[1]
    tinted = _tinted(pixels)
    # A pixel for each voxel of the square around the ventricle; edges blur a little.
    scar = np.count_nonzero(infarcted.labels.array[..., 1] == INDEX["scar"])
    assert np.count_nonzero(tinted) == pytest.approx(scar, rel=0.35)
    red, green, blue = pixels[tinted].mean(axis=0)
    yellow = to_rgb(region_colour("scar"))
    assert min(red, green) > blue + 0.2
    assert yellow[2] < min(yellow[:2])


def test_the_septum_is_left_as_on_the_page_of_the_study(infarcted, study):
    plain = _pixels(scar_thumbnail(infarcted, replace(study.reference, source="none")))
    turned = _pixels(
        scar_thumbnail(infarcted, replace(study.reference, septum_deg=0.0, source="landmark"))
    )
    half = plain.shape[1] // 2
    left = [_tinted(each)[:, :half].sum() for each in (plain, turned)]
    assert left[0] == 0  # the phantom's scar lies on the right
    assert left[1] > 10


def test_a_heart_without_infarct_shows_its_largest_slice_without_a_tint(case, study):
    healthy = np.where(case.labels.array == INDEX["scar"], INDEX["edema"], case.labels.array)
    labels = LabelMap(healthy.astype(np.uint8), case.grid)
    thumbnail = scar_thumbnail(replace(case, labels=labels), study.reference)
    assert thumbnail.alt == "slice 1, no infarct, on LGE"
    assert not _tinted(_pixels(thumbnail)).any()


def test_a_mask_without_images_is_tinted_on_black(case, study):
    thumbnail = scar_thumbnail(replace(case, images={}), study.reference)
    pixels = _pixels(thumbnail)
    assert thumbnail.alt.endswith("on an empty ground")
    assert np.median(pixels) < 0.05
    assert _tinted(pixels).any()


def test_the_same_case_gives_the_same_bytes(case, study):
    one, other = (scar_thumbnail(case, study.reference) for _ in range(2))
    assert one == other
