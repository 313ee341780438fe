import json
from dataclasses import asdict

import pytest

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.manifest import Entry, Image, Maker, append_entry, look_at
from scarmap.errors import DataError
from scarmap.inference.origin import Origins
from scarmap.quantification.origin import GIVEN_MASK

MAKER = Maker("scarmap-synthetic", "2", "trained on synthetic hearts only", ("edema", "mvo"))


@pytest.fixture
def study(tmp_path):
    mask = tmp_path / "p7.nii.gz"
    mask.write_bytes(b"a mask")
    return CaseFiles("p7", "scarmap", {"LGE": tmp_path / "l", "T2": tmp_path / "t"}, mask)


def noted(study, **changes):
    given = {"flags": ("An infarct of 4.23 ml was left out.",), "maker": MAKER, **changes}
    image = Image("l.nii.gz", 1, 1, "0" * 64)
    mask = study.labels
    return Entry(
        "p7", mask.name, {"LGE": image}, "f" * 64, mask_sha256=look_at(mask).sha256, **given
    )


def test_a_manifest_tells_model_version_limits_sequences_and_remarks(study):
    append_entry(study.labels.parent / "manifest.jsonl", noted(study))
    origin = Origins().of(study)
    assert origin.title == "scarmap-synthetic, version 2: trained on synthetic hearts only"
    assert origin.sequences == ("LGE",)
    assert origin.by_model
    assert origin.hardly_calls == ("edema", "mvo")
    assert origin.remarks == ("An infarct of 4.23 ml was left out.",)


def test_a_manifest_of_an_older_version_is_still_read(study):
    old = asdict(noted(study))
    del old["maker"], old["mask_sha256"]
    (study.labels.parent / "manifest.jsonl").write_text(json.dumps(old) + "\n")
    origin = Origins().of(study)
    assert origin.name == "model ffffffffffff"
    assert origin.remarks
    assert origin.hardly_calls == ()


def test_an_edited_mask_says_so_and_is_held_to_what_was_handed_over(study):
    append_entry(study.labels.parent / "manifest.jsonl", noted(study))
    study.labels.write_bytes(b"edited")
    origin = Origins().of(study)
    assert origin.name == "edited since scarmap-synthetic made it"
    assert origin.hardly_calls == ()
    assert origin.sequences == ("LGE", "T2")
    assert origin.by_model


def test_flags_alone_are_read_and_images_tell_the_sequences(study):
    (study.labels.parent / "flags.json").write_text(json.dumps({"p7": ["Left out."]}))
    origin = Origins().of(study)
    assert (origin.name, origin.remarks) == (GIVEN_MASK, ("Left out.",))
    assert origin.sequences == ("LGE", "T2")
    alone = CaseFiles("p8", "scarmap", {}, study.labels.with_name("p8.nii.gz"))
    assert Origins().of(alone).sequences is None
    assert not Origins().of(alone).by_model


def test_flags_that_are_none_are_an_error(study):
    (study.labels.parent / "flags.json").write_text("[]")
    with pytest.raises(DataError, match="expected an object with keys"):
        Origins().of(study)
