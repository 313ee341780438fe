import shutil
import sys

import pytest
import typer
from typer.testing import CliRunner

from scarmap.cli.report import report
from scarmap.io.run import RunFolder
from scarmap.systems.scarmap.builtin import about_builtin

VERSION = about_builtin()["version"]

app = typer.Typer()
app.command()(report)


def test_report_prints_where_the_page_is(tmp_path):
    RunFolder(tmp_path).write_record(
        {"recipe": {"name": "mfunet"}, "data": {}, "folds": [], "provenance": {}, "state": {}}
    )
    result = CliRunner().invoke(app, [str(tmp_path)])
    assert result.exit_code == 0
    assert str(tmp_path / "report.html") in result.output.replace("\n", "")
    assert "mfunet" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_folder_that_is_no_run_ends_with_one_paragraph_and_code_2(tmp_path, monkeypatch, capsys):
    from scarmap.cli.main import main

    monkeypatch.setattr(sys, "argv", ["scarmap", "report", str(tmp_path)])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    message = capsys.readouterr().err
    assert "is not a run folder" in message
    assert message.count("\n") == 1


def test_a_run_is_compared_with_another_one_on_the_same_patients(scarmap, myops_run, tmp_path):
    other = shutil.copytree(myops_run, tmp_path / "other")
    ended = scarmap("report", myops_run, "--against", other)
    assert ended.code == 0
    page = (myops_run / "report.html").read_text(encoding="utf-8")
    assert "Beside other runs" in page
    assert "The same slices by every run" in page


def test_a_run_on_other_labels_ends_with_one_paragraph_and_code_2(scarmap, myops_run, emidec_run):
    ended = scarmap("report", myops_run, "--against", emidec_run)
    assert ended.code == 2
    assert "Only runs on the same labels can be compared" in ended.err
    assert ended.err.count("\n") == 1


def test_one_mask_becomes_a_page_with_its_images(scarmap, emidec_phantom, tmp_path):
    case = emidec_phantom / "Case_P001"
    (mask,), (lge,) = case.glob("Contours/*"), case.glob("Images/*")
    ended = scarmap(
        "report",
        mask,
        "--lge",
        lge,
        "--layout",
        "emidec",
        "--reference-angle",
        190,
        "--out",
        tmp_path,
    )
    assert ended.code == 0, ended.err
    assert str(tmp_path / "Case_P001.html") in ended.out
    text = (tmp_path / "Case_P001.html").read_text(encoding="utf-8")
    assert 'data-segment="16"' in text
    assert "Otsu" in text
    assert (tmp_path / "quantification.json").is_file()


def test_a_folder_of_masks_becomes_a_cohort_against_another_one(scarmap, emidec_phantom, tmp_path):
    ended = scarmap("report", emidec_phantom, "--against", emidec_phantom, "--out", tmp_path)
    assert ended.code == 0, ended.err
    assert "4 of 4 studies measured" in ended.out
    assert "Agreement with" in (tmp_path / "cohort.html").read_text(encoding="utf-8")
    assert len(list((tmp_path / "studies").glob("*.html"))) == 4


def test_a_run_measures_its_held_out_masks_when_asked(scarmap, myops_run):
    ended = scarmap("report", myops_run, "--studies")
    assert ended.code == 0, ended.err
    assert "quantification/cohort.html" in (myops_run / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--data", "."), "--data mean nothing for one mask. There, give --lge, --t2 or --bssfp"),
        ((), "--layout"),
        (("--layout", "emidec", "--sectors", "rigit"), "'rigid'"),
    ],
)
def test_what_means_nothing_for_one_mask_is_said(scarmap, emidec_phantom, tmp_path, options, told):
    (mask,) = (emidec_phantom / "Case_P001" / "Contours").glob("*")
    ended = scarmap("report", mask, *options, "--out", tmp_path)
    assert ended.code == 2
    assert told in ended.err
    assert not list(tmp_path.iterdir())


def test_what_is_neither_run_nor_mask_is_named(scarmap, tmp_path):
    (tmp_path / "empty").mkdir()
    ended = scarmap("report", tmp_path / "empty")
    assert ended.code == 2
    assert (
        "is not a run folder, as it has no run.json, and neither a mask nor a folder of masks"
        in ended.err
    )


def test_the_images_of_a_patient_become_a_page_in_one_command(scarmap, plain_phantom, tmp_path):
    lge = next(plain_phantom.glob("*/LGE.nii.gz"))
    ended = scarmap("report", "--lge", lge, "--out", tmp_path)
    assert ended.code == 0, ended.err
    assert "trained on synthetic hearts only" in ended.out
    assert f"Page: {tmp_path / 'LGE.html'}" in ended.out
    page = (tmp_path / "LGE.html").read_text(encoding="utf-8")
    assert f"scarmap-synthetic, version {VERSION}: trained on synthetic hearts only" in page
    assert (tmp_path / "quantification.json").is_file()
    assert (tmp_path / "masks" / "LGE.nii.gz").is_file()


def test_a_folder_of_images_becomes_a_cohort(scarmap, plain_phantom, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for path in sorted(plain_phantom.glob("*/LGE.nii.gz"))[:2]:
        shutil.copy(path, images / f"{path.parent.name}_LGE_SAX.nii.gz")
    (images / "broken_LGE_SAX.nii.gz").write_bytes(b"no image")
    ended = scarmap("report", images, "--out", tmp_path / "pages")
    assert ended.code == 3
    assert "1 studies could not be measured" in ended.err
    assert len(list((tmp_path / "pages" / "studies").glob("*.html"))) == 2
    assert "[6/6]" not in ended.err
    assert "segmenting and measuring: broken" in ended.err


@pytest.mark.parametrize(
    ("words", "told"),
    [((), "Nothing was given"), (("--lge", "x.nii.gz", "--studies"), "--studies mean nothing")],
)
def test_a_report_on_nothing_and_odd_options_say_what_to_give(scarmap, tmp_path, words, told):
    ended = scarmap("report", *words, "--out", tmp_path / "out")
    assert ended.code == 2
    assert told in ended.err
    assert not (tmp_path / "out").exists()


def test_what_is_not_there_is_said_not_to_be(scarmap, tmp_path):
    nowhere = tmp_path / "nowhere"
    for command in (
        ("report", nowhere),
        ("evaluate", tmp_path, nowhere, "--out", tmp_path / "scores"),
    ):
        ended = scarmap(*command)
        assert ended.code == 2
        assert "nowhere does not exist" in " ".join(ended.err.split())
