"""What is asked of ONNX Runtime; a stand-in for it answers."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from scarmap.errors import RunError
from scarmap.inference import engine

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


class Runtime:
    """ONNX Runtime with some providers, of which a session can use some."""

    def __init__(self, *known, usable=None):
        self.known, self.usable = known, usable or known
        self.SessionOptions = SimpleNamespace
        self.given = []

    def get_available_providers(self):
        return list(self.known)

    def InferenceSession(self, path, options, providers):  # noqa: N802
        self.path, self.options, self.providers = path, options, providers
        return self

    def get_providers(self):
        return list(self.usable)

    def get_inputs(self):
        return [SimpleNamespace(name="slices"), SimpleNamespace(name="other")]

    def run(self, names, given):
        self.given.append((names, given))
        return [given["slices"] + 1, None]


@pytest.fixture
def runtime(monkeypatch):
    """Function of providers to a runtime that has them."""

    def install(*known, usable=None):
        made = Runtime(*known, usable=usable)
        monkeypatch.setitem(sys.modules, "onnxruntime", made)
        return made

    return install


def test_auto_takes_cuda_where_it_is_and_a_device_that_is_named_must_be_there(runtime):
    runtime(CPU, "DmlExecutionProvider")
    assert engine.choose_provider("auto") == engine.choose_provider("cpu") == CPU
    assert engine.choose_provider("directml") == "DmlExecutionProvider"
    with pytest.raises(RunError, match=r"has no CUDAExecutionProvider\..*wheel onnxruntime-gpu"):
        engine.choose_provider("cuda")
    with pytest.raises(RunError, match=r"'tpu' is not known\. Use auto, cpu, cuda"):
        engine.choose_provider("tpu")
    runtime(CPU, CUDA)
    assert engine.choose_provider("auto") == engine.choose_provider("cuda") == CUDA


def test_a_network_is_given_real_numbers_in_order_and_its_first_output_is_taken(
    runtime, monkeypatch
):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    made = runtime(CPU)
    predict = engine.load_network(Path("net.onnx"))
    assert (made.path, made.providers) == (Path("net.onnx"), [CPU])
    assert made.options == SimpleNamespace(log_severity_level=3, intra_op_num_threads=3)
    slices = np.arange(24.0).reshape(1, 2, 3, 4).transpose(0, 1, 3, 2)
    np.testing.assert_array_equal(predict(slices), slices + 1)
    ((names, given),) = made.given
    assert (names, list(given)) == (None, ["slices"])
    assert given["slices"].dtype == np.float32
    assert given["slices"].flags["C_CONTIGUOUS"]


def test_a_device_that_does_not_work_is_an_error_only_where_it_was_asked_for(runtime):
    made = runtime(CPU, CUDA, usable=(CPU,))
    assert callable(engine.load_network(Path("net.onnx")))
    assert made.providers == [CUDA, CPU]
    assert callable(engine.load_network(Path("net.onnx"), "cpu"))
    with pytest.raises(RunError, match="cuda was asked for, but ONNX Runtime cannot use one"):
        engine.load_network(Path("net.onnx"), "cuda")


@pytest.mark.parametrize(("asked", "threads"), [("3", 3), ("0", 2), ("", 2), ("many", 2)])
def test_threads_are_those_that_are_asked_for_or_the_cores_of_the_process(
    monkeypatch, asked, threads
):
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    cores = {0: {1, 5}}  # by process; 0 is this one
    monkeypatch.setattr(os, "sched_getaffinity", cores.__getitem__, raising=False)
    assert engine.num_threads() == threads


@pytest.mark.parametrize(("cores", "threads"), [(6, 6), (None, 1)])
def test_where_a_process_cannot_tell_its_cores_those_of_the_machine_count(
    monkeypatch, cores, threads
):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert engine.num_threads() == threads


@pytest.mark.parametrize("scheduler", [None, "local"])
def test_jobs_of_this_machine_share_the_gpus_that_it_may_use(runtime, monkeypatch, scheduler):
    monkeypatch.setattr(Path, "glob", lambda folder, _pattern: [folder] * 3)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0, 2,")
    runtime(CPU, CUDA)
    assert engine.worker_gpus(scheduler, "auto") == 2
    assert engine.worker_gpus(scheduler, "cpu") == 0
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert engine.worker_gpus(scheduler, "cuda") == 3
    runtime(CPU)
    assert engine.worker_gpus(scheduler, "auto") == 0


def test_jobs_elsewhere_have_a_gpu_each_where_it_is_asked_for():
    assert engine.worker_gpus("tcp://head:8786", "cuda") == 1
    assert engine.worker_gpus("tcp://head:8786", "auto") == 0
