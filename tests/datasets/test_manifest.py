import json
from dataclasses import asdict, replace

import pytest

from scarmap.datasets.manifest import Entry, Maker, append_entry, entry_of, look_at, read_entries
from scarmap.datasets.masks import one_study, only_images, studies_of_folder
from scarmap.errors import DataError

MAKER = Maker("scarmap-synthetic", "2", "trained on synthetic hearts only", ("edema", "mvo"))


@pytest.fixture
def image(tmp_path, write_volume):
    return write_volume(tmp_path / "images" / "p7_LGE.nii.gz")


@pytest.fixture
def masks(tmp_path, write_volume):
    """A folder with one mask."""
    return write_volume(tmp_path / "masks" / "p7.nii.gz").parent


@pytest.fixture
def entry(masks, image):
    """What is known of that mask."""
    return Entry(
        "p7",
        "p7.nii.gz",
        {"LGE": look_at(image)},
        "model 1",
        flags=("No heart in slice 1.",),
        written="2026-01-01",
        maker=MAKER,
        mask_sha256=look_at(masks / "p7.nii.gz").sha256,
        layout="emidec",
        study_images={"LGE": str(image), "T2": str(image.with_name("p7_T2.nii.gz"))},
    )


@pytest.fixture
def noted(masks, entry):
    """The folder with a manifest."""
    append_entry(masks / "manifest.jsonl", entry)
    return masks


def test_entries_are_read_as_they_were_written_and_the_latest_counts(tmp_path, entry):
    later = replace(entry, model="model 2", written="2026-01-02")
    append_entry(tmp_path / "manifest.2-of-3.jsonl", later)
    append_entry(tmp_path / "manifest.jsonl", entry)
    append_entry(tmp_path / "manifest.jsonl", replace(entry, case="p8"))
    assert read_entries(tmp_path) == {"p7": later, "p8": replace(entry, case="p8")}


def test_the_last_line_of_a_manifest_counts_though_the_clock_was_set_back(tmp_path, entry):
    again = replace(entry, model="model 2", written="2025-12-31")
    for each in (entry, again):
        append_entry(tmp_path / "manifest.jsonl", each)
    assert read_entries(tmp_path) == {"p7": again}


@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("half", [b'{"case": "p6", "ma', b"[1, 2]", b'{"case": "p6"}', b"\xff\xfe"])
def test_half_a_line_of_a_killed_process_spoils_no_other(tmp_path, entry, half, end):
    path = tmp_path / "manifest.jsonl"
    append_entry(path, replace(entry, case="p5"))
    path.write_bytes(path.read_bytes() + half + end)
    append_entry(path, entry)
    assert set(read_entries(tmp_path)) == {"p5", "p7"}


def test_a_line_with_an_unknown_layout_is_damaged(tmp_path, entry):
    append_entry(tmp_path / "manifest.jsonl", replace(entry, layout="none such"))
    append_entry(tmp_path / "manifest.jsonl", replace(entry, case="p8"))
    assert set(read_entries(tmp_path)) == {"p8"}


def test_a_manifest_of_an_older_version_is_read_and_tells_no_layout(masks, entry):
    old = asdict(entry)
    for name in ("maker", "mask_sha256", "layout", "study_images"):
        del old[name]
    (masks / "manifest.jsonl").write_text(json.dumps(old) + "\n")
    found = read_entries(masks)["p7"]
    assert (found.layout, found.study.images, found.maker) == ("", {}, Maker())
    assert found.flags == entry.flags
    with pytest.raises(DataError, match=r"label layout of .* is not known"):
        studies_of_folder(masks)
    with pytest.raises(DataError, match=r"label layout of .* is not known"):
        one_study(masks / "p7.nii.gz", layout=None, images={})
    assert one_study(masks / "p7.nii.gz", layout="emidec", images={}).name == "p7"


def test_a_mask_is_found_in_the_manifest_by_its_file(noted, entry):
    assert entry_of(noted / "p7.nii.gz") == entry
    assert entry_of(noted / "p8.nii.gz") is None


def test_layout_and_images_of_masks_are_found_through_their_manifest(noted, image):
    (study,) = studies_of_folder(noted)
    assert (study.layout, study.images) == ("emidec", {"LGE": image})
    assert one_study(noted / "p7.nii.gz", layout=None, images={}) == study


def test_what_the_user_says_wins_over_the_manifest(noted, image):
    assert [each.layout for each in studies_of_folder(noted, layout="scarmap")] == ["scarmap"]
    other = one_study(noted / "p7.nii.gz", layout="scarmap", images={"T2": image})
    assert (other.layout, other.images) == ("scarmap", {"T2": image})


def test_images_that_were_moved_are_left_out(noted, image):
    image.unlink()
    assert studies_of_folder(noted)[0].images == {}


def test_a_mask_that_no_manifest_knows_needs_its_layout(noted, write_volume):
    write_volume(noted / "p8.nii.gz")
    with pytest.raises(DataError, match=r"label layout of .* is not known"):
        studies_of_folder(noted)


def test_a_folder_with_a_manifest_holds_masks_and_not_images(masks, entry, write_volume):
    write_volume(masks.with_name("alone") / "p7_LGE.nii.gz")
    assert only_images(masks.with_name("alone"))
    append_entry(masks.with_name("alone") / "manifest.jsonl", entry)
    assert not only_images(masks.with_name("alone"))


def test_a_link_is_not_written_through(tmp_path, masks, entry):
    victim = tmp_path / "victim.txt"
    victim.write_text("kept")
    (masks / "manifest.jsonl").symlink_to(victim)
    with pytest.raises(DataError, match="is a link"):
        append_entry(masks / "manifest.jsonl", entry)
    assert victim.read_text() == "kept"
