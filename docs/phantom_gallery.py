"""Make the pictures of docs/phantom.md: `python docs/phantom_gallery.py`, about a minute."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from scarmap.labels import INDEX, TISSUES, region_mask
from scarmap.phantom.heart.population import choose_population
from scarmap.phantom.scan.style import draw_style
from scarmap.phantom.study import make_case
from scarmap.volume import Case

FOLDER = Path(__file__).parent / "images"
PATIENTS: Mapping[str, Mapping[str, float]] = {
    "acute, with no-reflow": {"chronic": 0.0, "mvo": 1.0},
    "acute, without": {"chronic": 0.0, "mvo": 0.0},
    "chronic": {"chronic": 1.0},
    "normal": {"normal": 1.0},
}
CONTOURED = ("lv_pool", "rv_pool", "edema", "scar", "mvo")
HEART_MM = 66.0


def main() -> None:
    """Draw and save every picture."""
    mpl.use("Agg")
    save("phantom_myops2020.jpg", gallery("myops2020", seed=41))
    save("phantom_emidec.jpg", gallery("emidec", seed=42))
    save("phantom_random.jpg", gallery("random", seed=47))
    save("phantom_stack.jpg", stack(seed=45))


def save(name: str, figure: plt.Figure) -> None:
    """Write a figure as a small JPEG."""
    figure.savefig(FOLDER / name, dpi=72, pil_kwargs={"quality": 82, "optimize": True})
    plt.close(figure)


def gallery(style: str, *, seed: int) -> plt.Figure:
    """One patient per row: the middle slice in every sequence, and the truth over the last one."""
    cases = [patient(style, index, seed=seed) for index in range(len(PATIENTS))]
    sequences = list(cases[0].images)
    width = len(sequences) + 1
    figure, panels = plt.subplots(
        len(cases), width, figsize=(3.4 * width, 3.4 * len(cases)), squeeze=False
    )
    for row, case, title in zip(panels, cases, PATIENTS, strict=True):
        index = largest_slice(case)
        for panel, sequence in zip(row, sequences, strict=False):
            show(panel, case, sequence, index)
            panel.set_title(f"{sequence}, {title}", fontsize=10)
        show(row[-1], case, sequences[-1], index, contours=CONTOURED, zoomed=True)
        row[-1].set_title(f"truth over {sequences[-1]}", fontsize=10)
    figure.tight_layout(pad=0.3)
    return figure


def stack(*, seed: int) -> plt.Figure:
    """All slices of one patient from the apex to the base, with the truth."""
    rng = np.random.default_rng(seed)
    population = choose_population("myops2020", chronic=0.0, mvo=1.0)
    style = draw_style(rng, "myops2020")
    case = make_case(
        "scarmap", name="stack", rng=rng, style=style, population=population, num_slices=6
    )
    figure, panels = plt.subplots(len(case.images), 6, figsize=(13, 2.2 * len(case.images)))
    for row, sequence in zip(panels, case.images, strict=True):
        for index, panel in enumerate(row):
            show(
                panel,
                case,
                sequence,
                index,
                contours=CONTOURED if sequence == "LGE" else (),
                zoomed=True,
            )
    figure.tight_layout(pad=0.2)
    return figure


def patient(style_name: str, index: int, *, seed: int) -> Case:
    """Draw one patient of the gallery, with every tissue labelled."""
    rng = np.random.default_rng([seed, index])
    kind = list(PATIENTS.values())[index]
    return make_case(
        "scarmap",
        name=f"{style_name} {index}",
        rng=rng,
        style=draw_style(rng, style_name),
        population=choose_population(style_name, **kind),
        infarcted=kind.get("normal") != 1.0,
    )


def largest_slice(case: Case) -> int:
    """The slice with the largest infarct, or the middle one of a normal heart."""
    assert case.labels is not None
    areas = region_mask(case.labels.array, "whole_infarct").sum(axis=(0, 1))
    return int(areas.argmax()) if areas.any() else case.grid.shape[2] // 2


def show(
    panel: Axes,
    case: Case,
    sequence: str,
    index: int,
    *,
    contours: Sequence[str] = (),
    zoomed: bool = False,
) -> None:
    """Show one slice with the anterior wall up, by itself or with contours of the truth."""
    assert case.labels is not None
    image, labels = case.images[sequence].array[..., index], case.labels.array[..., index]
    centre = np.mean(np.nonzero(case.labels.array.max(axis=2)), axis=1)
    reach = HEART_MM / case.grid.spacing_mm[0]
    first, last = (np.rint(centre + side * reach).astype(int).clip(0) for side in (-1, 1))
    low, high = np.percentile(image[first[0] : last[0], first[1] : last[1]], (1, 99.7))
    upright = case.grid.affine[1, 1] < -0.9 * case.grid.spacing_mm[1]
    panel.imshow(image.T, cmap="gray", vmin=low, vmax=high, origin="upper" if upright else "lower")
    for name in contours:
        mask = labels == INDEX[name]
        if mask.any():
            panel.contour(mask.T, [0.5], colors=[TISSUES[INDEX[name]].colour], linewidths=0.9)
    if zoomed:
        panel.set_xlim(centre[0] - reach, centre[0] + reach)
        limits = (centre[1] - reach, centre[1] + reach)
        panel.set_ylim(*(reversed(limits) if upright else limits))
    panel.set_axis_off()


if __name__ == "__main__":
    main()
