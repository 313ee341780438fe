import numpy as np
import pytest
from tests.serving.conftest import CPU, SHAPE, enter, mask_of

from scarmap.datasets.masks import load_study
from scarmap.io.nifti import read_labels
from scarmap.labels import INDEX, region_mask
from scarmap.quantification.study import quantify
from scarmap.serving import versions
from scarmap.serving.room import Room
from scarmap.serving.runs import decode, encode
from scarmap.serving.store import open_store
from scarmap.serving.studies import find

SCAR, NORMAL, EDEMA, MVO = (INDEX[name] for name in ("scar", "normal_myocardium", "edema", "mvo"))


@pytest.fixture
def draft(client, drawn):
    told = client.post(f"/api/studies/{drawn}/drafts", json={"based_on": 1, "author": "AB"})
    return told.json()["draft"]


def put(client, draft, z, plane, **more):
    return client.put(f"/api/drafts/{draft}/slices/{z}", json={"runs": encode(plane), **more})


def wall_of(plane):
    return region_mask(plane, "whole_myocardium")


def test_run_lengths_lead_back_to_the_slice():
    plane = np.random.default_rng(1).integers(0, 7, (5, 9)).astype(np.uint8)
    assert np.array_equal(decode(encode(plane), width=5, height=9), plane)


@pytest.mark.parametrize(
    "runs",
    [[], [0], [0, 12543], [0, 12545], [7, 12544], [-1, 12544], [0, 0, 0, 12544], [0, -1, 0, 12545],
     [0, 2**70, 0, 5], [0, 2**63, 0, 2**63]],
)  # fmt: skip
def test_what_is_no_slice_is_refused(client, draft, runs):
    assert client.put(f"/api/drafts/{draft}/slices/1", json={"runs": runs}).status_code == 422


@pytest.mark.parametrize("z", [-1, 4, 10_000])
def test_a_slice_that_is_not_there_is_refused(client, draft, z):
    assert put(client, draft, z, np.zeros(SHAPE[:2], np.uint8)).status_code == 422


def test_a_disc_of_scar_changes_the_infarct_by_its_grams(client, drawn, draft, heart):
    mask = mask_of(client, f"/api/drafts/{draft}/mask", SHAPE)
    plane, grid = mask[..., 1], read_labels(heart.labels, "scarmap").grid
    x, y = np.argwhere(plane == NORMAL)[10]
    across, down = np.ogrid[: SHAPE[0], : SHAPE[1]]
    disc = ((across - x) ** 2 + (down - y) ** 2 <= 16) & (plane == NORMAL)
    before = client.get(f"/api/drafts/{draft}/figures").json()["figures"]["infarct_g"]["value"]
    plane[disc] = SCAR
    told = put(client, draft, 1, plane, stroke=7).json()
    assert told["stroke"] == 7
    grams = np.count_nonzero(disc) * np.prod(grid.spacing_mm) / 1000 * 1.05
    assert told["figures"]["infarct_g"]["value"] - before == pytest.approx(grams, rel=1e-9)
    assert told["segments"][0]["segment"] == 1
    assert all("style=" not in each["svg"] for each in told["bullseyes"])


def test_twenty_random_edits_and_their_undo_end_with_the_same_bytes(client, draft):
    address = f"/api/drafts/{draft}/mask"
    begun, mask = client.get(address).content, mask_of(client, address, SHAPE)
    rng, before = np.random.default_rng(20), []
    for _ in range(20):
        z = int(rng.integers(SHAPE[2]))
        plane = mask[..., z]
        before.append((z, plane.copy()))
        x, y = np.argwhere(wall_of(plane))[rng.integers(wall_of(plane).sum())]
        part = np.zeros(plane.shape, bool)
        part[x - 3 : x + 4, y - 3 : y + 4] = True
        erased = rng.random() < 0.4
        plane[part & wall_of(plane)] = 0 if erased else rng.choice([NORMAL, EDEMA, SCAR, MVO])
        assert put(client, draft, z, plane).status_code == 200
    assert client.get(address).content != begun
    for z, plane in reversed(before):
        assert put(client, draft, z, plane).status_code == 200
    assert client.get(address).content == begun


@pytest.mark.parametrize("tissue", [SCAR, EDEMA, MVO])
def test_what_lies_in_the_wall_is_not_painted_elsewhere(client, draft, tissue):
    mask = mask_of(client, f"/api/drafts/{draft}/mask", SHAPE)
    begun = mask.copy()
    mask[:3, :3, 1] = tissue
    told = put(client, draft, 1, mask[..., 1])
    assert told.status_code == 422
    assert "9 pixels of slice 2" in told.json()["detail"]
    assert np.array_equal(mask_of(client, f"/api/drafts/{draft}/mask", SHAPE), begun)


def test_scar_may_lie_where_wall_was_drawn_and_where_the_next_slice_has_it(client, draft):
    mask = mask_of(client, f"/api/drafts/{draft}/mask", SHAPE)
    mask[:3, :3, 1] = NORMAL
    assert put(client, draft, 1, mask[..., 1]).status_code == 200
    mask[:3, :3, 1] = SCAR
    assert put(client, draft, 1, mask[..., 1]).status_code == 200
    assert put(client, draft, 2, mask[..., 1]).status_code == 200


def test_slices_change_together_or_not_at_all(client, draft):
    mask = mask_of(client, f"/api/drafts/{draft}/mask", SHAPE)
    good, bad = mask[..., 1].copy(), mask[..., 3].copy()
    good[wall_of(good)], bad[0, 0] = SCAR, SCAR
    slices = {"1": encode(good), "3": encode(bad)}
    told = client.put(f"/api/drafts/{draft}/slices", json={"slices": slices, "stroke": 1})
    assert told.status_code == 422
    assert np.array_equal(mask_of(client, f"/api/drafts/{draft}/mask", SHAPE), mask)
    del slices["3"]
    told = client.put(f"/api/drafts/{draft}/slices", json={"slices": slices, "stroke": 2})
    assert told.json()["stroke"] == 2


def test_figures_of_a_draft_are_those_of_the_saved_mask(room, client, drawn, draft):
    mask = mask_of(client, f"/api/drafts/{draft}/mask", SHAPE)
    plane = mask[..., 2]
    plane[wall_of(plane) & (np.arange(112)[:, None] > 56)] = SCAR
    drawn_figures = put(client, draft, 2, plane).json()
    saved = client.post(f"/api/studies/{drawn}/versions", json={"draft": draft, "author": "AB"})
    version = versions.find(room.store, drawn, saved.json()["number"])
    study, folder = find(room.store, drawn), room.store.folder(drawn)
    labels = read_labels(folder.mask(version.number), version.layout)
    assert np.array_equal(labels.array, mask)
    images = {key: folder.root / path for key, path in study.images.items()}
    files = replace_labels(study, images, folder.mask(version.number))
    case = load_study(files)
    found = quantify(
        case.labels, layout="scarmap", image=case.images["LGE"], images=case.images,
        origin=version.origin,
    )  # fmt: skip
    for name, figure in drawn_figures["figures"].items():
        value = found.figures[name]
        assert figure["value"] == (None if np.isnan(value) else value), name
    assert [each["infarct_percent"] for each in drawn_figures["segments"]] == [
        part.figures.infarct_percent for part in found.segments
    ]


def replace_labels(study, images, labels):
    from scarmap.datasets.case_files import CaseFiles

    return CaseFiles(study.name, "scarmap", images, labels)


def test_a_draft_is_there_after_the_server_was_killed(room, client, drawn, draft):
    mask = mask_of(client, f"/api/drafts/{draft}/mask", SHAPE)
    plane = mask[..., 1]
    first = plane.copy()
    plane[wall_of(plane)] = 0
    assert put(client, draft, 1, plane).status_code == 200
    again = Room(open_store(room.root), room.session, CPU)
    other = enter(again)
    assert np.array_equal(mask_of(other, f"/api/drafts/{draft}/mask", SHAPE), mask)
    listed = other.get(f"/api/studies/{drawn}/drafts").json()
    assert [(each["draft"], each["based_on"], each["author"]) for each in listed] == [
        (draft, 1, "AB")
    ]
    assert put(other, draft, 1, first).status_code == 200  # undo, though the wall was erased
    again.store.database.close()


def test_a_draft_in_which_nothing_was_drawn_is_not_offered(client, drawn, draft):
    assert client.get(f"/api/studies/{drawn}/drafts").json() == []


def test_a_discarded_draft_is_gone(client, drawn, draft):
    assert client.delete(f"/api/drafts/{draft}").status_code == 204
    plane = np.zeros(SHAPE[:2], np.uint8)
    assert put(client, draft, 1, plane).status_code == 404
    assert client.get(f"/api/drafts/{draft}/mask").status_code == 404


def test_a_draft_needs_a_version(client, drawn):
    told = client.post(f"/api/studies/{drawn}/drafts", json={"based_on": 5})
    assert told.status_code == 422


def test_two_drafts_do_not_touch_each_other(client, drawn, draft):
    other = client.post(f"/api/studies/{drawn}/drafts", json={"based_on": 1}).json()["draft"]
    begun = client.get(f"/api/drafts/{other}/mask").content
    put(client, draft, 1, np.zeros(SHAPE[:2], np.uint8))
    assert client.get(f"/api/drafts/{other}/mask").content == begun


@pytest.mark.parametrize("method", ["nsd", "fwhm", "otsu"])
def test_a_slider_begins_at_the_cutoff_of_the_figures(room, client, drawn, draft, method):
    told = client.get(f"/api/drafts/{draft}/threshold", params={"method": method, "n": 5}).json()
    assert told["low"] <= told["value"] <= told["high"]
    study, folder = find(room.store, drawn), room.store.folder(drawn)
    images = {key: folder.root / path for key, path in study.images.items()}
    case = load_study(replace_labels(study, images, folder.mask(1)))
    found = quantify(case.labels, layout="scarmap", image=case.images["LGE"])
    cutoffs = {each.method: each.cutoff for each in found.thresholds}
    assert told["value"] == cutoffs[told["method"]]


def test_a_threshold_of_one_slice_or_of_no_method(client, draft):
    address = f"/api/drafts/{draft}/threshold"
    one = client.get(address, params={"method": "otsu", "slice": 1})
    assert one.status_code == 200
    assert client.get(address, params={"method": "otsu", "slice": 9}).status_code == 422
    assert client.get(address, params={"method": "guess"}).status_code == 422
    assert client.get(address, params={"method": "nsd", "n": 99}).status_code == 422
