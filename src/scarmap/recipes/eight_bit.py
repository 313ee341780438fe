"""A model folder whose networks compute in 8 bits: smaller, and a little faster on a CPU.

Needs the packages of `scarmap[train]` to make one, and nothing to use it.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from scarmap.errors import RunError
from scarmap.inference.engine import load_network
from scarmap.inference.ensemble import Maps
from scarmap.inference.segment import Segmenter, segment
from scarmap.io.files import replacing
from scarmap.labels import MIXED
from scarmap.phantom.study import make_case
from scarmap.recipes.model_folder import (
    CARD,
    check_target,
    empty,
    fingerprint_of_changed,
    load_folder,
    read_record,
    write_record,
)

HEARTS = 16
"""Synthetic hearts whose slices tell how large the values inside a network become."""
_SEED = 8
_NOTE = """
## In 8 bits

The networks of this folder compute in 8 bits. The figures above are those of the networks in 32
bits that they were made from.
"""


def eight_bit_model(folder: Path, out: Path) -> float:
    """Write a model folder again, its networks in 8 bits.

    Weights and activations of the convolutions become whole numbers; their ranges are those that
    synthetic hearts of the model's own layout give. Source: static quantisation of ONNX Runtime,
    weights by channel, activations between their least and their largest value.

    Args:
        folder: The model folder.
        out: The new model folder.

    Returns:
        Largest difference between a probability in 8 bits and in 32, over the synthetic slices.

    Raises:
        RunError: `folder` is no model folder, its networks are in 8 bits, `out` holds something,
            or is that folder.
    """
    record = read_record(folder)
    if record.get("eight_bit"):
        raise RunError(f"The networks of {folder} are in 8 bits already.")
    check_target(out)
    if out.exists() and out.samefile(folder):
        raise RunError(f"{out} is the model itself. Give --out another folder.")
    slices = _synthetic_slices(load_folder(folder, "cpu", views=1))
    empty(out)
    difference = 0.0
    for name in record["networks"]:
        _quantise(folder / name, out / name, slices)
        difference = max(difference, _difference(folder / name, out / name, slices))
    _copy_notes(folder, out)
    known = {key: value for key, value in record.items() if key != "files"}
    other = fingerprint_of_changed(record["fingerprint"], "in 8 bits")
    changed = {"fingerprint": other, "eight_bit": True, "difference_in_8_bits": difference}
    write_record(out, {**known, **changed})
    return difference


def _copy_notes(folder: Path, out: Path) -> None:
    """Counts that calibrate, as they are, and the card with a remark."""
    for path in folder.glob("reliability_*.json"):
        shutil.copyfile(path, out / path.name)
    if (folder / CARD).is_file():
        text = (folder / CARD).read_text(encoding="utf-8")
        (out / CARD).write_text(text + _NOTE, encoding="utf-8")


def _synthetic_slices(segmenter: Segmenter) -> Maps:
    """Slices (Z, S, H, W) of synthetic hearts as the networks see them."""
    seen: list[Maps] = []

    def look(slices: Maps) -> Maps:
        seen.append(slices)
        return segmenter.probabilities(slices)

    layout = "scarmap" if segmenter.layout == MIXED else segmenter.layout
    for number in range(HEARTS):
        rng = np.random.default_rng([_SEED, number])
        case = make_case(layout, name=f"heart_{number}", rng=rng, num_slices=4)
        # A model may know sequences that its own layout does not have.
        seen_by = segmenter.preparation.sequences
        known = {each: case.images[each] for each in seen_by if each in case.images}
        segment(replace(case, images=known, labels=None), replace(segmenter, probabilities=look))
    return np.concatenate(seen).astype(np.float32)


def _quantise(network: Path, out: Path, slices: Maps) -> None:
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class OneByOne(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left: Iterator[Maps] = (each[None] for each in slices)

        def get_next(self) -> dict[str, Any] | None:
            one = next(self.left, None)
            return None if one is None else {"images": one}

    with TemporaryDirectory() as folder, replacing(out) as quantised:
        whole = Path(folder) / network.name
        quant_pre_process(network, whole, skip_symbolic_shape=True)
        quantize_static(
            whole,
            quantised,
            OneByOne(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "ConvTranspose"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )


def _difference(network: Path, other: Path, slices: Maps) -> float:
    found = [load_network(path, "cpu") for path in (network, other)]
    apart = [np.abs(found[0](each[None]) - found[1](each[None])).max() for each in slices]
    return float(max(apart))
