"""How often an image is doubted that is its sequence, and found out that is another one.

    python benchmarks/sequence_contrast.py NAME=DIR ...

Each folder holds labelled cases; true masks stand in for found ones. Each image is looked at under
its own name, and under the two others.
"""

import sys
from collections import Counter
from pathlib import Path

from scarmap.datasets.folder import find_cases
from scarmap.datasets.masks import load_study
from scarmap.labels import SEQUENCES
from scarmap.quantification.contrast import Contrast, contrast, has_bright_blood, looks_wrong


def is_doubted(sequence: str, seen: Contrast) -> bool:
    """Whether a flag would be raised on an image that is called so."""
    return bool(looks_wrong(sequence, seen)) or (sequence == "T2" and has_bright_blood(seen))


def rates(folder: Path) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """How often images were doubted, by (what they are, what they are called), and their number."""
    doubted: Counter[tuple[str, str]] = Counter()
    number: Counter[str] = Counter()
    for files in find_cases(folder):
        case = load_study(files)
        for sequence, image in case.images.items():
            assert case.labels is not None
            seen = contrast(image, case.labels)
            number[sequence] += 1
            if seen:
                doubted.update((sequence, said) for said in SEQUENCES if is_doubted(said, seen))
    return doubted, number


def main() -> None:
    """Print a line for each folder and sequence."""
    print("| cases | image | number | doubted as LGE | as T2 | as bSSFP |")
    print("|---|---|---:|---:|---:|---:|")
    for word in sys.argv[1:]:
        name, _, folder = word.partition("=")
        doubted, number = rates(Path(folder))
        for sequence in filter(number.get, SEQUENCES):
            cells = [str(doubted[sequence, said]) for said in SEQUENCES]
            print(f"| {name} | {sequence} | {number[sequence]} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
