"""EMIDEC: `<case>/Images/<case>.nii.gz`, with the truth in `<case>/Contours/<case>.nii.gz`."""

from pathlib import Path

from scarmap.datasets.case_files import CaseFiles


def find_cases(folder: Path) -> list[CaseFiles]:
    """List the cases below a folder, sorted by name; empty when no `Images` folder is there.

    Args:
        folder: The folder that holds the case folders.
    """
    cases = []
    for images in sorted(folder.glob("*/Images")):
        name = images.parent.name
        lge = _first(images)
        if lge:
            cases.append(
                CaseFiles(name, "emidec", {"LGE": lge}, _first(images.parent / "Contours"))
            )
    return cases


def _first(folder: Path) -> Path | None:
    """The first NIfTI file of a folder; hidden files are leftovers of other systems."""
    return next((path for path in sorted(folder.glob("*.nii*")) if path.name[0] != "."), None)
