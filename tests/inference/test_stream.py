import threading
import time
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest

from scarmap.datasets.folder import find_cases
from scarmap.inference import stream
from scarmap.inference.segment import Segmentation, Segmenter
from scarmap.inference.stream import ahead, segment_stream, write_probabilities
from scarmap.inference.wanted import Wanted
from scarmap.io.files import read_json
from scarmap.io.nifti import read_maps
from scarmap.sampling.intensity import standardise
from scarmap.sampling.preparation import Preparation
from scarmap.volume import Grid, LabelMap

WANTED = Wanted("blind", ("LGE",))


@pytest.fixture
def counted():
    """A segmenter that finds nothing, and the stacks that it was shown."""
    shown = []

    def nothing(slices):
        shown.append(len(slices))
        return np.zeros_like(slices)

    def compose(probabilities):
        return np.zeros(probabilities.shape[1:], dtype=np.uint8)

    preparation = Preparation(("LGE",), 128, standardise)
    return Segmenter(preparation, "emidec", ("scar",), nothing, compose), shown


def test_two_calls_beyond_the_one_that_is_asked_for_have_begun():
    begun = []

    class Pool:
        def submit(self, function, item):
            begun.append(item)
            future = Future()
            future.set_result(function(item))
            return future

    calls = ahead(Pool(), lambda item: 10 * item, range(5))
    results, beyond = [], []
    for item, future in calls:
        results.append((item, future.result()))
        beyond.append(len(begun) - len(results))
    assert results == [(item, 10 * item) for item in range(5)]
    assert beyond == [2, 2, 2, 1, 0]


def test_a_case_is_told_when_two_more_wait_behind_it_and_one_thread_reads_and_one_writes(
    emidec_phantom, counted, tmp_path, monkeypatch
):
    segmenter, shown = counted
    threads = {"load_case": set(), "write_in_layout": set()}
    for name, seen in threads.items():
        call = getattr(stream, name)

        def slowly(*given, call=call, seen=seen, **keywords):
            seen.add(threading.current_thread().name)
            time.sleep(0.005)
            return call(*given, **keywords)

        monkeypatch.setattr(stream, name, slowly)
    files = find_cases(emidec_phantom)
    ended = segment_stream(files, segmenter, tmp_path, WANTED)
    assert next(ended).case == files[0].name
    assert len(shown) == 3
    assert [each.case for each in ended] == [each.name for each in files[1:]]
    assert [len(seen) for seen in threads.values()] == [1, 1]


def test_a_mask_never_takes_the_place_of_its_own_image(emidec_phantom, counted, tmp_path):
    files = find_cases(emidec_phantom)[:2]
    own = tmp_path / f"{files[0].name}.nii.gz"
    own.write_bytes(files[0].images["LGE"].read_bytes())
    risky = replace(files[0], images={"LGE": own})
    before = own.read_bytes()
    first, second = segment_stream([risky, files[1]], counted[0], tmp_path, WANTED)
    assert (first.case, first.entry) == (files[0].name, None)
    assert "would overwrite" in first.problem
    assert (second.case, second.problem) == (files[1].name, "")
    assert own.read_bytes() == before


def test_probabilities_are_written_calibrated_with_the_names_of_their_regions(tmp_path, counted):
    maps = np.linspace(0, 1, 48, dtype=np.float32).reshape(2, 4, 3, 2)
    grid = Grid((4, 3, 2), (1.5, 1.5, 8.0), np.diag([1.5, 1.5, 8.0, 1.0]))
    found = Segmentation(LabelMap(np.zeros((4, 3, 2), dtype=np.uint8), grid), maps)
    halved = replace(counted[0], regions=("scar", "mvo"), calibrate=lambda each: each / 2)
    write_probabilities(tmp_path, "p7", found, halved)
    read, _ = read_maps(tmp_path / "p7_probabilities.nii.gz")
    np.testing.assert_array_equal(read[..., 1], maps[1] / 2)
    np.testing.assert_array_equal(read[..., 0], maps[0] / 2)
    assert read_json(tmp_path / "p7_probabilities.json") == {"regions": ["scar", "mvo"]}


def test_probabilities_are_kept_where_they_are_wanted(emidec_phantom, counted, tmp_path):
    (case,) = find_cases(emidec_phantom)[:1]
    for kept in (False, True):
        wanted = replace(WANTED, probabilities=kept)
        (ended,) = segment_stream([case], counted[0], tmp_path, wanted)
        assert ended.entry.probabilities is kept
        assert (tmp_path / f"{case.name}_probabilities.nii.gz").is_file() is kept
