import json

import pytest

from scarmap.datasets.folder import find_cases
from scarmap.phantom.dicom.study import write_dicom_studies


@pytest.fixture(scope="session")
def ge_studies(tmp_path_factory):
    """Two small studies of a GE scanner."""
    out = tmp_path_factory.mktemp("dicom") / "export"
    write_dicom_studies(out, vendor="ge", num_cases=2, num_slices=3, in_plane=16, phases=8)
    return out


def test_the_table_says_what_each_series_is(scarmap, ge_studies):
    ended = scarmap("dicom", ge_studies / "study_0001")
    assert ended.code == 0
    rows = {line.split()[0]: line for line in ended.out.splitlines() if line[:1].isdigit()}
    assert "* LGE (PSIR)" in rows["9"]
    assert "* bSSFP" in rows["2"]
    assert "TI scout" in rows["7"]


def test_json_and_anonymous_dumps_are_json(scarmap, ge_studies):
    told = json.loads(scarmap("dicom", ge_studies / "study_0001", "--json").out)
    assert told["studies"][0]["problem"] is None
    dumped = scarmap("dicom", ge_studies / "study_0001", "--anonymous").out
    assert json.loads(dumped)["studies"][0]["parts"]
    assert "Phantom" not in dumped
    assert "SYNTH" not in dumped


def test_a_folder_of_patients_becomes_cases_that_are_read_like_any_others(
    scarmap, ge_studies, tmp_path
):
    ended = scarmap("import", ge_studies, "--out", tmp_path / "cases")
    assert ended.code == 0, ended.err
    cases = find_cases(tmp_path / "cases")
    assert [case.name for case in cases] == ["case_0001", "case_0002"]
    assert set(cases[0].images) == {"LGE", "T2", "bSSFP"}


def test_a_series_can_be_chosen_by_hand(scarmap, ge_studies, tmp_path):
    words = ("import", ge_studies / "study_0001", "--out", tmp_path, "--name", "a")
    assert scarmap(*words, "--lge", "8").code == 0
    source = json.loads((tmp_path / "a" / "source.json").read_text())
    assert source["sequences"]["LGE"]["image"] == "magnitude"
    assert source["sequences"]["LGE"]["reasons"] == ["chosen by hand"]


def test_mistakes_end_with_one_paragraph_and_code_2(scarmap, tmp_path):
    for words in (("dicom", tmp_path), ("import", tmp_path / "no", "--out", tmp_path / "o")):
        ended = scarmap(*words)
        assert ended.code == 2
        assert ended.err.startswith("scarmap: ")
        assert ended.err.count("\n") == 1


def test_the_phantom_writes_dicom_for_a_known_scanner_only(scarmap, tmp_path):
    refused = scarmap("phantom", "--dicom", "siemans", "--out", tmp_path / "x")
    assert refused.code == 2
    assert "siemens" in refused.err
    assert scarmap("phantom", "--dicom", "ge", "--layout", "emidec", "--out", tmp_path).code == 2
