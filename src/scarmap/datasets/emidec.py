"""EMIDEC: `Case_P001/Images/Case_P001.nii.gz`, with the truth in `Case_P001/Contours/Case_P001.nii.gz`."""

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
        files = [path for path in sorted(images.glob("*.nii*")) if path.name[0] != "."]
        contours = [
            path
            for path in sorted((images.parent / "Contours").glob("*.nii*"))
            if path.name[0] != "."
        ]
        if files:
            cases.append(
                CaseFiles(name, "emidec", {"LGE": files[0]}, contours[0] if contours else None)
            )
    return cases
