import warnings

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from scarmap.dicom.case_folder import pick_frames, read_volume, write_case
from scarmap.dicom.cases import choose_from, import_all, import_study
from scarmap.dicom.reading import read_export
from scarmap.errors import DataError
from scarmap.io.files import read_json


def _without(made, *roles):
    made.series = [each for each in made.series if each.role not in roles]
    return made


def _flagged(choice, words):
    return any(words in flag for flag in (*choice.flags, *pick_frames(choice).flags))


def test_a_study_without_lge_says_so_and_names_the_way_out(study, tmp_path):
    made = _without(study(), "LGE", "LGE magnitude")
    with pytest.raises(DataError, match=r"No short-axis LGE.*--lge.*--anonymous"):
        import_study(made.write(tmp_path / "in"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_lge_in_the_long_axis_only_is_told(study, tmp_path):
    made = study()
    for header in made.of("LGE") + made.of("LGE magnitude"):
        header.SeriesDescription = "PS:4CH_MDE"
    made.drop("LGE magnitude")
    for header in made.of("LGE")[1:]:
        made.objects.remove(header)
    with pytest.raises(DataError, match="other planes only"):
        import_study(made.write(tmp_path / "in"), tmp_path / "out")


def test_one_slice_is_read_and_flagged(study, chosen, tmp_path):
    made = _without(study(), "LGE magnitude", "bSSFP", "T2")
    for header in made.of("LGE")[1:]:
        made.objects.remove(header)
    choice = chosen(made.write(tmp_path))
    assert read_volume(pick_frames(choice).frames["LGE"]).array.shape[2] == 1
    assert _flagged(choice, "single slice")


def test_two_patients_are_refused_for_one_case_and_parted_for_many(study, tmp_path):
    folder = tmp_path / "in"
    for index in range(2):
        made = _without(study(seed=index), "bSSFP", "long axis")
        made.study = {**made.study, "PatientID": f"P{index}", "StudyInstanceUID": f"2.25.5.{index}"}
        for header in made.made():
            header.SOPInstanceUID = f"{header.SOPInstanceUID}.{index}"
            header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
        made.write(folder / str(index))
    with pytest.raises(DataError, match="2 patients"):
        import_study(folder, tmp_path / "one")
    made = import_all(folder, tmp_path / "many")
    assert [path.name for path in made.folders] == ["case_0001", "case_0002"]
    with pytest.raises(DataError, match="one study only"):
        import_all(folder, tmp_path / "asked", asked={"LGE": "9"})


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_compressed_images_are_read(study, tmp_path, syntax):
    made = _without(study(seed=4, shape=(32, 32, 3)), "bSSFP", "long axis")
    for header in made.of("LGE"):
        header.compress(syntax, generate_instance_uid=False)
    choice = choose_from(made.write(tmp_path))
    read = read_volume(pick_frames(choice).frames["LGE"])
    assert np.array_equal(
        np.sort(read.array, axis=None), np.sort(made.images.stacks["LGE"].array, axis=None)
    )


def test_a_compression_that_cannot_be_decoded_is_named(study, tmp_path):
    made = _without(study(), "bSSFP", "long axis")
    for header in made.of("LGE"):
        header.PixelData = encapsulate([b"\xff\xd8\xff\xd9"])
        header.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.70"
    with pytest.raises(DataError, match="cannot be read"):
        import_study(made.write(tmp_path / "in"), tmp_path / "out")


def test_pixels_that_are_cut_short_are_told_and_no_half_case_is_left(study, tmp_path):
    made = _without(study(), "bSSFP", "long axis")
    made.of("LGE")[1].PixelData = made.of("LGE")[1].PixelData[:20]
    with pytest.raises(DataError, match=r"cannot be read.*cut short"):
        import_study(made.write(tmp_path / "in"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_images_without_orientation_are_left_out_and_flagged(study, chosen, tmp_path):
    made = study()
    for header in made.of("T2"):
        del header.ImageOrientationPatient
    choice = chosen(made.write(tmp_path))
    assert "T2" not in choice.stacks
    assert _flagged(choice, "neither position nor orientation")


def test_a_gap_is_told_and_the_longest_run_is_used(study, chosen, tmp_path):
    made = _without(study(shape=(12, 10, 8)), "LGE magnitude", "bSSFP")
    lost = made.of("LGE")[2]
    made.objects.remove(lost)
    choice = chosen(made.write(tmp_path))
    assert len(choice.stacks["LGE"].slices) == 5
    assert _flagged(choice, "gap of 18.0 mm")


def test_a_film_without_trigger_times_is_read_in_the_order_of_its_numbers(study, chosen, tmp_path):
    made = _without(study("siemens", seed=6), "LGE magnitude")
    for header in made.of("bSSFP"):
        del header.TriggerTime
    choice = chosen(made.write(tmp_path))
    assert _flagged(choice, "does not time the phases")
    shares = {frame.instance for frame in pick_frames(choice).frames["bSSFP"]}
    assert shares == {8}


def test_lge_without_any_inversion_time_is_read_and_flagged(study, chosen, tmp_path):
    made = study("ge")
    for header in made.of("LGE") + made.of("LGE magnitude"):
        del header.InversionTime
        header.ScanningSequence = ["RM"]
    choice = chosen(made.write(tmp_path))
    assert choice.stacks["LGE"].kind == "psir"
    assert _flagged(choice, "no inversion time")


def test_series_without_descriptions_are_told_by_how_they_were_made(study, chosen, tmp_path):
    made = study("philips")
    for header in made.made():
        del header.SeriesDescription
    choice = chosen(made.write(tmp_path))
    assert choice.problem is None
    assert {role: each.parts[0].part.number for role, each in choice.stacks.items()} == {
        "LGE": 801,
        "T2": 601,
        "bSSFP": 201,
    }


def test_two_stacks_of_equal_right_are_both_named_until_one_is_chosen(study, chosen, tmp_path):
    made = _without(study(), "LGE magnitude")
    again = study(seed=0)
    for header in again.of("LGE"):
        header.SOPInstanceUID = header.SOPInstanceUID + ".7"
        header.SeriesInstanceUID, header.SeriesNumber = "2.25.77.50", 50
        header.AcquisitionTime = "103000"
        made.made().append(header)
    folder = made.write(tmp_path)
    choice = chosen(folder)
    assert "series 9" in choice.problem
    assert "series 50" in choice.problem
    assert "--lge" in choice.problem
    asked = chosen(folder, LGE="50")
    assert asked.problem is None
    assert asked.stacks["LGE"].numbers == "50"
    with pytest.raises(DataError, match="asks for series 77"):
        chosen(folder, LGE="77")


def test_a_slice_acquired_twice_is_taken_from_the_later_time(study, chosen, tmp_path):
    made = _without(study(), "LGE magnitude", "bSSFP")
    repeat = study().of("LGE")[2]
    repeat.SOPInstanceUID, repeat.AcquisitionTime = "2.25.77.1000", "113000"
    repeat.SeriesInstanceUID, repeat.SeriesNumber = "2.25.77.60", 60
    made.made().append(repeat)
    choice = chosen(made.write(tmp_path))
    assert "2.25.77.1000" in {frame.uid for frame in pick_frames(choice).frames["LGE"]}
    assert _flagged(choice, "acquired more than once")


def test_slices_shifted_against_each_other_are_flagged(study, chosen, tmp_path):
    made = _without(study(), "bSSFP")
    header = made.of("LGE")[2]
    row = np.array(header.ImageOrientationPatient[:3], dtype=float)
    moved = np.array(header.ImagePositionPatient, dtype=float) + 5 * row
    header.ImagePositionPatient = [f"{value:.8g}" for value in moved]
    assert _flagged(chosen(made.write(tmp_path)), "shifted in the plane")


def _turn(header, *, degrees=0.0, mirrored=False):
    """Turn the field of view about the middle of the picture, and run its columns upwards."""
    row, column = np.array(header.ImageOrientationPatient, dtype=float).reshape(2, 3)
    half = (np.array([header.Columns, header.Rows]) - 1) / 2 * header.PixelSpacing[::-1]
    middle = np.array(header.ImagePositionPatient, dtype=float) + half @ np.stack([row, column])
    angle = np.deg2rad(degrees)
    axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    axes = axes @ np.stack([row, column]) * [[1], [-1 if mirrored else 1]]
    header.ImagePositionPatient = [f"{value:.9f}" for value in middle - half @ axes]
    header.ImageOrientationPatient = [f"{value:.9f}" for value in axes.ravel()]


@pytest.mark.parametrize(("role", "others"), [("LGE", "T2"), ("T2", "LGE")])
@pytest.mark.parametrize("how", [{"degrees": 30}, {"degrees": -6}, {"mirrored": True}])
def test_slices_turned_or_mirrored_in_the_plane_are_left_out_and_flagged(
    study, chosen, tmp_path, role, others, how
):
    made = _without(study(seed=4), "LGE magnitude", "bSSFP")
    headers = made.of(role)
    heights = [_height(header, headers[0]) for header in headers]
    first, second, *rest = (headers[index] for index in np.argsort(heights))
    for header in (first, second):
        _turn(header, **how)
    choice = chosen(made.write(tmp_path))
    assert choice.problem is None
    assert _flagged(choice, "images at 2 of 5 places are left out")
    picked = pick_frames(choice).frames
    assert {frame.uid for frame in picked[role]} == {each.SOPInstanceUID for each in rest}
    assert len(picked[others]) == 5


def _height(header, first):
    row, column = np.array(first.ImageOrientationPatient, dtype=float).reshape(2, 3)
    return np.array(header.ImagePositionPatient, dtype=float) @ np.cross(row, column)


def test_of_slices_turned_in_halves_one_half_is_used(study, chosen, tmp_path):
    made = _without(study(shape=(12, 10, 6)), "LGE magnitude", "bSSFP")
    headers = sorted(made.of("LGE"), key=lambda each: _height(each, made.of("LGE")[0]))
    for header in headers[3:]:
        _turn(header, degrees=20)
    choice = chosen(made.write(tmp_path))
    assert choice.problem is None
    assert len(pick_frames(choice).frames["LGE"]) == 3


def test_a_small_turn_is_used_and_told_in_millimetres(study, chosen, tmp_path):
    made = _without(study(), "LGE magnitude", "bSSFP")
    _turn(made.of("LGE")[2], degrees=2)
    choice = chosen(made.write(tmp_path))
    assert len(pick_frames(choice).frames["LGE"]) == 5
    assert _flagged(choice, "turned a little, by up to 1.")


def test_the_same_files_twice_are_counted_once(study, tmp_path):
    made = _without(study(), "bSSFP")
    made.write(tmp_path / "a")
    made.write(tmp_path / "b")
    export = read_export(tmp_path)
    assert export.copies == len(made.made())
    assert len(export.exams[0].frames) == len(made.made())


def test_a_case_is_never_written_over(study, chosen, tmp_path):
    choice = chosen(_without(study(), "bSSFP").write(tmp_path / "in"))
    folder = write_case(choice, tmp_path / "out", name="a")
    assert read_json(folder / "source.json")["case"] == "a"
    with pytest.raises(DataError, match="not empty"):
        write_case(choice, tmp_path / "out", name="a")


def test_garbage_in_elements_is_no_traceback(study, chosen, tmp_path):
    made = _without(study(), "bSSFP")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for header in made.of("T2"):
            for name, junk in (("EchoTime", "abc"), ("TriggerTime", ""), ("PixelSpacing", "1.0")):
                header[name]._value = junk
        folder = made.write(tmp_path)
    assert "LGE" in chosen(folder).stacks
