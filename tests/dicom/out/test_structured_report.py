from dataclasses import replace
from math import isnan

import pydicom
import pytest
from tests.dicom import tiny_study

from scarmap.dicom.out.codes import AHA_SEGMENTS, FIGURES
from scarmap.dicom.out.identity import Maker
from scarmap.dicom.out.segmentation import segments_of
from scarmap.dicom.out.write import write_results
from scarmap.quantification.dictionary import FIGURES as DICTIONARY
from scarmap.quantification.result import Interval
from scarmap.quantification.study import quantify


def groups_of(path):
    """The groups of measurements by the name of their tracking identifier."""
    from highdicom.sr import srread

    content = srread(path).content
    groups = [
        *content.get_volumetric_roi_measurement_groups(),
        *content.get_image_measurement_groups(),
    ]
    return {group.tracking_identifier: group for group in groups}


def numbers_of(group):
    """Code value to number and unit of the measurements of a group."""
    return {each.name.value: (each.value, each.unit.value) for each in group.get_measurements()}


@pytest.fixture(scope="module")
def groups(results):
    return groups_of(results.files.report)


def test_the_file_is_valid(results, errors_of):
    assert errors_of(results.files.report) == []


def test_each_segment_has_the_volume_of_its_voxels_and_refers_to_them(results, groups):
    written = pydicom.dcmread(results.files.segmentation)
    assert set(segments_of("scarmap")) < set(groups)
    for number, name in enumerate(segments_of("scarmap"), start=1):
        voxels = sum(
            int(pixels.sum())
            for pixels, item in zip(
                written.pixel_array, written.PerFrameFunctionalGroupsSequence, strict=True
            )
            if item.SegmentIdentificationSequence[0].ReferencedSegmentNumber == number
        )
        millilitres = voxels * results.labels.grid.voxel_ml
        assert numbers_of(groups[name])["118565006"] == (pytest.approx(millilitres), "mL")
        referenced = groups[name].referenced_segment
        assert referenced.segment_number if hasattr(referenced, "segment_number") else True
        (segment,) = groups[name].reference_type and [referenced[0]]
        assert segment.referenced_sop_instance_uid == written.SOPInstanceUID
        assert (
            segment.referenced_segment_numbers == number
            or segment.referenced_segment_numbers == [number]
        )


def test_every_defined_figure_of_the_study_is_in_it_with_its_unit_and_no_other(results, groups):
    units = {"ml": "mL", "ratio": "1", "count": "1"}
    left = numbers_of(groups["left ventricle"])
    wanted = {figure.name: results.study.figures[figure.name] for figure in DICTIONARY}
    found = {}
    for figure in DICTIONARY:
        concept = FIGURES[figure.name]
        if concept.value in left:
            value, unit = left.pop(concept.value)
            assert unit == units.get(figure.unit, figure.unit)
            found[figure.name] = value
    assert left == {}
    parts = {
        "normal_myocardium": "normal_myocardium",
        "edema": "edema",
        "scar": "infarct_without_mvo",
        "mvo": "mvo",
        "whole_infarct": "infarct",
    }
    for segment, stem in parts.items():
        numbers = numbers_of(groups[segment])
        found[f"{stem}_ml"] = numbers["118565006"][0]
        for ending in ("g", "percent_lv"):
            found[f"{stem}_{ending}"] = numbers[FIGURES[f"{stem}_{ending}"].value][0]
    for cavity in ("lv_pool", "rv_pool"):
        found[f"{cavity}_ml"] = numbers_of(groups[cavity])["118565006"][0]
    assert found == pytest.approx({k: v for k, v in wanted.items() if not isnan(v)}, rel=1e-8)
    assert len(found) > 30


def test_aha_segments_carry_the_standards_codes_and_their_figures(results, groups):
    assert len(results.study.segments) == 16
    for part in results.study.segments:
        group = groups[f"AHA segment {part.number}"]
        (site,) = group.finding_sites
        assert site.value.value == AHA_SEGMENTS[part.number - 1].value
        numbers = numbers_of(group)
        assert numbers["PART-INF-P"] == (pytest.approx(part.figures.infarct_percent), "%")
        assert numbers["PART-G"] == (pytest.approx(part.figures.myocardium_g), "g")
        depth = part.figures.transmurality.extent_mean_percent
        assert numbers["TM-EXTE-MEAN"] == (pytest.approx(depth), "%")
        (grade,) = group.get_qualitative_evaluations()
        assert grade.value.value == f"TM-{part.figures.transmurality.grade}"


def test_the_codes_of_segments_are_those_of_the_standard():
    from pydicom.sr.codedict import codes

    known = codes.CID3717
    names = [name for name in dir(known) if name.startswith("LeftVent") or "Apex" in name]
    theirs = {getattr(known, name).value for name in names}
    assert {each.value for each in AHA_SEGMENTS} == theirs
    assert AHA_SEGMENTS[0].value == known.LeftVentricleBasalAnteriorSegment.value
    assert AHA_SEGMENTS[13].value == known.LeftVentricleApicalSeptalSegment.value


def test_every_figure_has_one_code_of_its_own_that_fits_its_attribute():
    assert set(FIGURES) == {figure.name for figure in DICTIONARY}
    assert len({concept.value for concept in FIGURES.values()}) == len(FIGURES)
    assert all(len(each.value) <= 16 and len(each.meaning) <= 64 for each in FIGURES.values())


def test_rings_stand_for_segments_where_nothing_tells_the_walls_apart(
    make_results, errors_of, tmp_path
):
    made = make_results(
        tmp_path, tiny_study.stack(rows=64, columns=56), layout="emidec", labels=None
    )
    no_rv = made.labels.array.copy()
    no_rv[no_rv == 2] = 0
    labels = replace(made.labels, array=no_rv)
    study = quantify(labels, case="x", layout="emidec")
    written = write_results(tmp_path, made.headers, labels, study, layout="emidec")
    groups = groups_of(written.report)
    assert {"basal ring", "mid ring", "apical ring"} <= set(groups)
    (ring,) = (each for each in study.rings if each.name == "mid")
    assert numbers_of(groups["mid ring"])["PART-INF-P"][0] == pytest.approx(
        ring.figures.infarct_percent
    )
    assert errors_of(written.report) == []


def test_it_says_that_an_algorithm_made_it_and_nobody_verified_it(results, groups):
    written = pydicom.dcmread(results.files.report)
    assert (written.VerificationFlag, written.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")
    assert written.StudyInstanceUID == tiny_study.STUDY
    texts = _comments(written)
    assert any("not verified" in text for text in texts)
    assert any(flag.message in text for flag in results.study.flags for text in texts)
    assert "Artificial Intelligence" in str(written)
    assert "Verifying Observer" not in str(written)


def _study_with_interval(results):
    value = results.study.figures["infarct_g"]
    interval = Interval(value - 2.0, value + 3.0, 0.9, "errors of the model elsewhere")
    return replace(results.study, intervals={"infarct_g": interval})


@pytest.mark.parametrize(("editor", "ranges"), [("", [3.0, 2.0]), ("AB", [])])
def test_ranges_of_uncertainty_are_given_until_a_reader_edits_the_mask(
    editor, ranges, results, tmp_path
):
    written = write_results(
        tmp_path,
        results.headers,
        results.labels,
        _study_with_interval(results),
        layout="scarmap",
        maker=Maker(editor=editor),
    )
    dataset = pydicom.dcmread(written.report)
    assert _uncertainties(dataset) == pytest.approx(ranges)
    assert any("errors of the model" in text for text in _comments(dataset)) == (not editor)
    assert ("AB^" in str(dataset)) == bool(editor)


def _items(dataset):
    for item in dataset.get("ContentSequence", []):
        yield item
        yield from _items(item)


def _comments(dataset):
    return [
        item.TextValue
        for item in _items(dataset)
        if item.ValueType == "TEXT" and item.ConceptNameCodeSequence[0].CodeValue == "121106"
    ]


def _uncertainties(dataset):
    return [
        float(item.MeasuredValueSequence[0].NumericValue)
        for item in _items(dataset)
        if item.ValueType == "NUM" and "uncertainty" in item.ConceptNameCodeSequence[0].CodeMeaning
    ]
