import re
import warnings
from dataclasses import replace

import pydicom
import pytest
from tests.dicom import tiny_study

from scarmap.dicom.out.identity import Maker, derived_uid
from scarmap.dicom.out.patient import NEEDED
from scarmap.dicom.out.write import write_results
from scarmap.errors import DataError, GeometryError


def _uids(files):
    return [
        (pydicom.dcmread(path).SOPInstanceUID, pydicom.dcmread(path).SeriesInstanceUID)
        for path in (files.segmentation, files.report, files.document)
    ]


def test_a_rerun_gives_the_same_uids_and_a_changed_mask_others(results, make_results, tmp_path):
    again = make_results(tmp_path / "again", results.headers)
    assert _uids(again.files) == _uids(results.files)
    array = results.labels.array.copy()
    array[0, 0, 0] = 1
    changed = make_results(
        tmp_path / "changed", results.headers, labels=replace(results.labels, array=array)
    )
    edited = make_results(tmp_path / "edited", results.headers, maker=Maker(editor="AB"))
    uids = [
        uid for each in (results, changed, edited) for pair in _uids(each.files) for uid in pair
    ]
    assert len(set(uids)) == len(uids) == 18
    assert all(re.fullmatch(r"2\.25\.[1-9][0-9]{0,38}", uid) for uid in uids)


def test_uids_depend_on_every_part_and_where_it_ends():
    assert derived_uid("1", "ab", "c") != derived_uid("1", "a", "bc")
    assert derived_uid("1", "a") != derived_uid("2", "a")


def test_patient_and_study_are_those_of_the_images(results):
    for path in vars(results.files).values():
        written = pydicom.dcmread(path)
        assert (written.PatientName, written.PatientID) == (tiny_study.NAME, tiny_study.IDENTIFIER)
        assert (written.PatientBirthDate, written.AccessionNumber) == (tiny_study.BIRTH, "A1")
        assert tiny_study.NAME.split("^")[0] not in path.name


def test_what_must_be_there_is_added_empty_and_what_is_broken_is_left_empty(
    make_results, errors_of, tmp_path
):
    headers = tiny_study.stack()
    for header in headers:
        for keyword in NEEDED:
            del header[keyword]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header.PatientBirthDate, header.PatientSex = "1950", "unknown"
    made = make_results(tmp_path, headers)
    for path in vars(made.files).values():
        written = pydicom.dcmread(path)
        assert written.PatientName == written.PatientBirthDate == written.StudyID == ""
        assert errors_of(path) == []


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("ISO_IR 100", "Müller^Jörg"),
        ("ISO_IR 192", "山田^太郎"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎"),
        (None, "Bono"),
    ],
)
def test_names_in_any_character_set_come_back_and_are_never_printed(
    encoding, name, make_results, recwarn, caplog, capsys, tmp_path
):
    headers = tiny_study.stack()
    for header in headers:
        header.PatientName = name
        del header.SpecificCharacterSet
        if encoding:
            header.SpecificCharacterSet = encoding
    tiny_study.save(headers, tmp_path / "images")
    headers = [pydicom.dcmread(path) for path in sorted((tmp_path / "images").iterdir())]
    made = make_results(tmp_path, headers)
    for path in vars(made.files).values():
        assert pydicom.dcmread(path).PatientName == name
    printed = [str(each.message) for each in recwarn] + [caplog.text, *capsys.readouterr()]
    assert not any(part in text for text in printed for part in name.split("^"))


def test_a_mask_of_another_size_is_refused(results, tmp_path):
    labels = replace(results.labels, array=results.labels.array[:-1])
    with pytest.raises(GeometryError, match="all slices"):
        write_results(tmp_path, results.headers, labels, results.study, layout="scarmap")


@pytest.mark.parametrize("editor", ["Dr. Jörg", "A" * 17, "a^b", "7"])
def test_initials_that_dicom_cannot_hold_are_refused(editor):
    with pytest.raises(DataError, match="initials"):
        Maker(editor=editor)


def test_a_mask_that_nobody_made_is_refused():
    with pytest.raises(DataError, match="initials"):
        Maker(name="")
