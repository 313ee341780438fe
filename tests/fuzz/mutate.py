"""Damaged NIfTI files, each the same again from its number."""

import gzip
import struct

import nibabel
import numpy as np

_SHORT = (-32768, -1, 0, 1, 2, 4, 7, 8, 255, 256, 512, 2048, 20000, 32767)
_FLOAT = (0.0, -0.0, 1e-45, 1e-6, 1e-3, -1, 1, 49, 51, 1e3, 1e6, 1e30, 1e77, np.inf, -np.inf)
_DIM, _PIXDIM, _HEADER = 40, 76, 352
_SHORTS = (*range(_DIM, _DIM + 16, 2), 70, 72, 74, 252, 254)
"""Places of whole numbers: dim, datatype, bitpix, slice_start, the codes of both forms."""
_FLOATS = (*range(_PIXDIM, _PIXDIM + 32, 4), 108, 112, 116, *range(256, 328, 4))
"""Places of real numbers: pixdim, vox_offset, scaling, quaternion, offset, the three rows."""


def damaged(number: int) -> tuple[str, bytes]:
    """Name and content of a damaged file; about half are packed.

    Args:
        number: Each number is another file.
    """
    rng = np.random.default_rng([7, number])
    raw = bytearray(_image(rng))
    for _ in range(int(rng.integers(1, 4))):
        _DAMAGES[int(rng.integers(len(_DAMAGES)))](raw, rng)
    if rng.random() < 0.5:
        return "image.nii", bytes(raw)
    packed = bytearray(gzip.compress(bytes(raw), mtime=0))
    if rng.random() < 0.4:
        _flip(packed, rng)
    return "image.nii.gz", bytes(packed)


def _image(rng: np.random.Generator) -> bytes:
    shape = tuple(int(side) for side in rng.integers(1, 12, 3))
    kind = rng.choice([np.uint8, np.int16, np.float32])
    values = (rng.random(shape) * 5).astype(kind)
    spacing = (*rng.uniform(0.7, 3, 2), rng.uniform(4, 12), 1)
    image = nibabel.Nifti1Image(values, np.diag(spacing))
    if rng.random() < 0.5:
        image.header.set_qform(np.diag(spacing), code=1)
        image.header.set_sform(None, code=0)
    return image.to_bytes()


def _short(raw: bytearray, rng: np.random.Generator) -> None:
    place = int(rng.choice(_SHORTS))
    if place + 2 <= len(raw):
        raw[place : place + 2] = struct.pack("<h", int(rng.choice(_SHORT)))


def _float(raw: bytearray, rng: np.random.Generator) -> None:
    place = int(rng.choice(_FLOATS))
    value = np.nan if rng.random() < 0.15 else float(rng.choice(_FLOAT))
    with np.errstate(over="ignore"):
        packed = np.float32(value).tobytes()
    if place + 4 <= len(raw):
        raw[place : place + 4] = packed


def _flip(raw: bytearray, rng: np.random.Generator) -> None:
    if raw:
        raw[int(rng.integers(len(raw)))] ^= 1 << int(rng.integers(8))


def _flip_in_header(raw: bytearray, rng: np.random.Generator) -> None:
    if raw:
        raw[int(rng.integers(min(len(raw), _HEADER)))] ^= 1 << int(rng.integers(8))


def _cut(raw: bytearray, rng: np.random.Generator) -> None:
    del raw[int(rng.integers(len(raw) + 1)) :]


def _lengthen(raw: bytearray, rng: np.random.Generator) -> None:
    raw += bytes(int(rng.integers(1, 5000)))


def _units(raw: bytearray, rng: np.random.Generator) -> None:
    if len(raw) > 123:
        raw[123] = int(rng.integers(256))


def _swapped(raw: bytearray, rng: np.random.Generator) -> None:
    """Two stretches of the header change places."""
    if len(raw) > _HEADER:
        first, second = (int(place) for place in rng.integers(0, _HEADER - 8, 2))
        kept = raw[first : first + 8]
        raw[first : first + 8] = raw[second : second + 8]
        raw[second : second + 8] = kept


_DAMAGES = (
    *(_short, _short, _float, _float, _float, _flip, _flip_in_header, _flip_in_header),
    *(_cut, _lengthen, _units, _swapped),
)
