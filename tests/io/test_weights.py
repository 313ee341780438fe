import pytest
import torch

from scarmap.errors import RunError
from scarmap.io.weights import read_weights, write_weights


def tensors():
    base = torch.arange(12.0).reshape(3, 4)
    return {
        "a.weight": base,
        "a.turned": base.T,
        "half": base.bfloat16(),
        "count": torch.tensor(7),
        "trained": torch.ones(2, requires_grad=True),
    }


def written(folder):
    path = folder / "weights.safetensors"
    write_weights(path, tensors(), {"stage": "segment", "best": None, "model": {"width": 4}})
    return path


def test_weights_and_what_they_belong_to_round_trip(tmp_path):
    loaded, about = read_weights(written(tmp_path))
    assert about == {"stage": "segment", "best": None, "model": {"width": 4}}
    assert loaded.keys() == tensors().keys()
    for name, tensor in tensors().items():
        assert loaded[name].dtype == tensor.dtype
        assert torch.equal(loaded[name], tensor)
        assert not loaded[name].requires_grad


def test_the_json_lies_beside_the_weights_and_nothing_else(tmp_path):
    written(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "weights.json",
        "weights.safetensors",
    ]


def test_the_same_weights_are_the_same_bytes(tmp_path):
    first = written(tmp_path / "a").read_bytes()
    assert written(tmp_path / "b").read_bytes() == first


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(RunError, match=r"weights\.safetensors does not exist"):
        read_weights(tmp_path / "weights.safetensors")


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:50], lambda whole: b"", lambda whole: b"\x80\x04N." * 30]
)
def test_damaged_weights_are_named(tmp_path, damage):
    path = written(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(RunError, match=r"weights\.safetensors is damaged"):
        read_weights(path)


def test_weights_without_their_json_are_refused(tmp_path):
    path = written(tmp_path)
    path.with_suffix(".json").unlink()
    with pytest.raises(RunError, match=r"weights\.json does not exist"):
        read_weights(path)
