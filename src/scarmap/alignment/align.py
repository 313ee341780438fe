"""Put the sequences of a study on one grid, and undo what breath-holds moved in the plane.

The first of LGE, T2 and bSSFP that a study has is the reference and is never moved. Every image is
interpolated once, by geometry and move together.
"""

from collections.abc import Mapping

from scarmap.alignment.outlines import Maps, can_see, see
from scarmap.alignment.placement import Partners, find_partners, place, working_grid
from scarmap.alignment.result import Aligned, How, SequenceMoves, unmoved
from scarmap.alignment.search import find_moves
from scarmap.errors import DataError
from scarmap.inference.segment import Segmenter
from scarmap.labels import SEQUENCES
from scarmap.volume import Volume

PIXEL_MM = 1.5
"""Pixel size at which sequences are compared."""


def align(
    images: Mapping[str, Volume], *, how: How = "full", segmenter: Segmenter | None = None
) -> Aligned:
    """Put sequences on the grid of the first one.

    Args:
        images: Sequence to image, each on its own grid; at least one.
        how: "headers" for the scanner's geometry alone, "full" to look for the move of each slice,
            too.
        segmenter: Sees the heart in any one sequence, as the built-in model does; needed for
            "full". One view of a slice is enough.

    Raises:
        DataError: There is no image, or "full" has no segmenter that can see the heart.
        GeometryError: Stacks are not of the same view, or a header has no orientation.
    """
    known = [each for each in SEQUENCES if each in images]
    if not known:
        raise DataError(
            f"Alignment needs an image of one of {', '.join(SEQUENCES)}; there is none."
        )
    reference, *others = known
    grid = images[reference].grid
    partners = {each: find_partners(grid, images[each].grid) for each in others}
    placed = {each: unmoved(found) for each, found in partners.items()}
    before = _placed(images, reference, partners, placed)
    if how == "headers" or not others:
        return Aligned(before, reference, how, placed)
    coarse = working_grid(grid, PIXEL_MM)
    partners_of = {reference: find_partners(grid, grid), **partners}
    small = {each: place(images[each], coarse, partners_of[each]) for each in partners_of}
    maps = _seen(small, segmenter)
    moves = find_moves(small, maps, partners, reference=reference)
    after = _placed(images, reference, partners, moves)
    outlines = {each: Volume(maps[each][0], coarse) for each in maps}
    return Aligned(after, reference, how, moves, before, outlines)


def _seen(images: Mapping[str, Volume], segmenter: Segmenter | None) -> dict[str, Maps]:
    """What the segmenter sees of the heart in each sequence alone."""
    if segmenter is None or not can_see(segmenter):
        raise DataError(
            "Moves between sequences are found by the left ventricle's outline, so alignment needs "
            "a segmenter of cavity and wall that takes any one sequence: the built-in model."
        )
    return {each: see(image, each, segmenter) for each, image in images.items()}


def _placed(
    images: Mapping[str, Volume],
    reference: str,
    partners: Mapping[str, Partners],
    moves: Mapping[str, SequenceMoves],
) -> dict[str, Volume]:
    """The reference as it is, and the others moved on its grid."""
    grid = images[reference].grid
    return {reference: images[reference]} | {
        each: place(images[each], grid, partners[each], moves[each].made_mm) for each in partners
    }
