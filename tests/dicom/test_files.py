import io
import zipfile

import pytest

from scarmap.dicom.case_folder import source_frames
from scarmap.dicom.cases import import_study
from scarmap.dicom.files import Place, find_places
from scarmap.dicom.reading import read_export
from scarmap.errors import DataError
from scarmap.io.files import read_json


def _small(study):
    made = study()
    made.series = [each for each in made.series if each.role in ("LGE", "T2", "T1 map")]
    return made


def _zip(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for index, file in enumerate(sorted(p for p in folder.rglob("*") if p.is_file())):
            archive.write(file, f"../../evil/{index}")
    return path


def test_what_is_no_dicom_is_counted_and_skipped(study, tmp_path):
    made = _small(study)
    made.write(tmp_path)
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM" + b"\1" * 40)
    (tmp_path / "cut").write_bytes(b"\0" * 128 + b"DICM\2\0")
    export = read_export(tmp_path)
    assert (export.files, export.skipped) == (len(made.made()) + 4, 4)


def test_an_archive_is_read_without_unpacking_it(study, tmp_path):
    made = _small(study)
    made.write(tmp_path / "in")
    archive = _zip(tmp_path / "in", tmp_path / "export.zip")
    before = sorted(tmp_path.rglob("*"))
    from_archive, _ = import_study(archive, tmp_path / "a")
    from_folder, _ = import_study(tmp_path / "in", tmp_path / "b")
    written = [each for each in sorted(tmp_path.rglob("*")) if each not in before]
    assert all(
        (tmp_path / "a") in (p, *p.parents) or (tmp_path / "b") in (p, *p.parents) for p in written
    )
    for name in ("LGE.nii.gz", "source.json"):
        first, second = (from_archive / name).read_bytes(), (from_folder / name).read_bytes()
        assert len(first) == len(second)
    source = read_json(from_archive / "source.json")
    headers = source_frames(archive, source)["LGE"]
    assert [h.SOPInstanceUID for h in headers] == [
        frame["sop_instance_uid"] for frame in source["sequences"]["LGE"]["frames"]
    ]
    assert all("PixelData" not in header for header in headers)


def test_an_archive_that_expands_without_measure_is_not_opened(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for index in range(3):
            with archive.open(f"{index}", "w") as member:
                for _ in range(100):
                    member.write(b"\0" * 2**20)
    with pytest.raises(DataError, match=r"no DICOM image.*more than is opened"):
        read_export(tmp_path)


def test_a_damaged_archive_is_told(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\3\4" + b"junk" * 20)
    with pytest.raises(DataError, match="damaged"):
        read_export(tmp_path)


def test_archives_in_archives_stay_closed(study, tmp_path):
    made = _small(study)
    made.write(tmp_path / "in")
    inner = _zip(tmp_path / "in", tmp_path / "inner.zip")
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("inner.zip", inner.read_bytes())
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "outer").write_bytes(outer.getvalue())
    with pytest.raises(DataError, match="no DICOM image among its 1 files"):
        read_export(tmp_path / "only")


def test_a_folder_that_is_missing_or_empty_is_told(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        read_export(tmp_path / "nowhere")
    with pytest.raises(DataError, match="among its 0 files"):
        read_export(tmp_path)


def test_files_are_listed_in_one_order(tmp_path):
    for name in ("b/2", "a/9", "c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert find_places(tmp_path) == [
        Place(tmp_path / "c"),
        Place(tmp_path / "a" / "9"),
        Place(tmp_path / "b" / "2"),
    ]


def test_source_images_that_are_gone_are_told(study, tmp_path):
    made = _small(study)
    folder, _ = import_study(made.write(tmp_path / "in"), tmp_path / "out")
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match=r"lacks \d+ of \d+ images"):
        source_frames(tmp_path / "none", read_json(folder / "source.json"))
