"""EMIDEC: `<case>/Images/<case>.nii.gz`, with the truth in `<case>/Contours/<case>.nii.gz`."""

from pathlib import Path

from scarmap.datasets.case_files import CaseFiles
from scarmap.io.formats import by_name, has_image_ending


def find_cases(folder: Path) -> list[CaseFiles]:
    """List the cases below a folder, sorted by name; empty when no `Images` folder is there.

    Args:
        folder: The folder that holds the case folders.

    Raises:
        DataError: A case has two images or two truths of one name.
    """
    cases = []
    for images in sorted(folder.glob("*/Images")):
        case = images.parent
        lge = only_image(images)
        if lge:
            cases.append(
                CaseFiles(case.name, "emidec", {"LGE": lge}, only_image(case / "Contours"))
            )
    return cases


def only_image(folder: Path) -> Path | None:
    """The first NIfTI file of a folder; hidden files are leftovers of other systems.

    Raises:
        DataError: There is a second one of the same name.
    """
    shown = (path for path in sorted(folder.glob("*.nii*")) if has_image_ending(path))
    return next(iter(by_name(shown).values()), None)
