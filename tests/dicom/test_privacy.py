import gzip
import json
import re

import nibabel
import pytest
from tests.dicom import tiny_study

from scarmap.dicom.case_folder import check_name
from scarmap.dicom.cases import import_study
from scarmap.dicom.choose import choose_stacks
from scarmap.dicom.listing import describe, dump_headers, format_rows, series_rows
from scarmap.dicom.reading import only_exam, read_export
from scarmap.errors import DataError

SECRETS = ["Zwiebelmann", "Ottokar", "4711", "0815", "19381109", "ACCNR99887", "Quacksalber",
           "Hinterwald", "20231224", "20240305"]  # fmt: skip


def _found(text):
    return [secret for secret in SECRETS if re.search(re.escape(secret), text, re.IGNORECASE)]


@pytest.fixture
def planted(study, tmp_path):
    """A study with names everywhere, free texts and folder names included."""
    made = study("siemens")
    made.series = [each for each in made.series if each.role != "long axis"]
    for header in made.made():
        header.SeriesDescription = f"{header.SeriesDescription} Zwiebelmann Ottokar 19381109"
        header.ProtocolName = "Prot MRN-4711-0815 ACCNR99887"
        header.ImageComments = "Zwiebelmann"
    return made.write(tmp_path / "in" / "ZWIEBELMANN_OTTOKAR")


def test_nothing_that_is_written_or_shown_names_the_patient(planted, tmp_path, capsys):
    folder, choice = import_study(planted, tmp_path / "out")
    shown = [
        format_rows(series_rows(choice)),
        json.dumps(describe(choice)),
        json.dumps(dump_headers(choice), default=str),
        " ".join((*choice.flags, choice.problem or "")),
        repr(choice.exam).replace(str(planted), ""),
        *capsys.readouterr(),
    ]
    assert [_found(text) for text in shown] == [[]] * len(shown)
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) == 4
    for path in files:
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        assert _found(content.decode("latin-1") + str(path.relative_to(tmp_path))) == []
    header = nibabel.load(folder / "LGE.nii.gz").header
    assert (bytes(header["descrip"].tobytes()).strip(b"\0"), len(header.extensions)) == (b"", 0)
    assert str(planted) not in (folder / "source.json").read_text()


@pytest.mark.parametrize(
    "description",
    [
        "Late Enhancement {} SAX",
        "SAX FIESTA {}",
        "T2 {} TSE SAX",
        "LGE_{}_STIR_SAX",
        "ti_scout {}",
        "{}",
    ],
)
def test_a_name_among_the_words_that_tell_a_sequence_is_neither_written_nor_shown(
    tmp_path, description
):
    name = tiny_study.NAME.replace("^", "_" if "_{}_" in description else " ")
    images = tiny_study.stack(description=description.format(name))
    folder, choice = import_study(tiny_study.save(images, tmp_path / "in"), tmp_path / "out")
    shown = [
        (folder / "source.json").read_text(),
        format_rows(series_rows(choice)),
        json.dumps([describe(choice), dump_headers(choice)], default=str),
        " ".join(choice.flags),
    ]
    assert not [text for text in shown if re.search("quaestor|zebedee", text, re.IGNORECASE)]


def test_a_patient_who_is_called_like_a_sequence_is_not_quoted(tmp_path):
    images = tiny_study.stack(description="SAX Delay Fiesta")
    for image in images:
        image.PatientName = "Delay^Fiesta"
    folder, choice = import_study(tiny_study.save(images, tmp_path / "in"), tmp_path / "out")
    shown = [(folder / "source.json").read_text(), json.dumps(describe(choice))]
    assert choice.stacks["LGE"].parts[0].reasons[0] == '"[removed]" in its name'
    assert not [text for text in shown if re.search("delay|fiesta", text, re.IGNORECASE)]


def test_errors_name_no_patient(planted, tmp_path):
    export = read_export(planted)
    exam = only_exam(export, planted)
    with pytest.raises(DataError) as told:
        choose_stacks(exam, asked={"LGE": "12345"})
    assert _found(str(told.value)) == []


@pytest.mark.parametrize("name", ["zwiebelmann", "case_Ottokar", "19381109", "a/b", "..", ""])
def test_a_case_is_not_named_after_the_patient(planted, name):
    choice = choose_stacks(only_exam(read_export(planted), planted))
    with pytest.raises(DataError, match=r"cannot be named|pseudonym"):
        check_name(name, choice.exam.identity)
