from itertools import product

import numpy as np
import pytest
import torch

from scarmap.labels import INDEX, TISSUES, region_mask
from scarmap.sampling.batch import Batch
from scarmap.systems.linear_codec.codec import (
    ORDER,
    Problem,
    class_problems,
    coded_problems,
    decode,
    encode,
)

TRUTH = "bbbb nses rrrr nses pppp pppp rrrr rrrr"
"""Tissue for every answer (P0, P1, P2, P3, P4), counted up like a binary number, four to a word: P3
and P4 run within a word and P0, P1 and P2 over the words. In the words 2 and 4 there is epicardium
without cavity, and only there is myocardium."""
LETTERS = dict(
    zip(
        "bprnes",
        ("background", "lv_pool", "rv_pool", "normal_myocardium", "edema", "scar"),
        strict=True,
    )
)


def test_every_combination_of_the_five_answers_gives_the_tissue_worked_out_by_hand():
    answers = np.array(list(product((0, 1), repeat=5)), dtype=np.float32).T
    expected = [INDEX[LETTERS[letter]] for letter in TRUTH.replace(" ", "")]
    assert decode(answers).tolist() == expected
    assert decode(answers > 0).tolist() == expected


@pytest.mark.parametrize(
    ("answer", "tissue"),
    [
        ((0.0, 0.0, 0.9, 0.3, 0.0), "normal_myocardium"),  # 0.9 - 0 - 0.3 = 0.6
        ((0.2, 0.0, 0.9, 0.3, 0.0), "background"),  # 0.9 - 0.2 - 0.3 = 0.4, and 0.3 - 0 is no edema
        ((0.0, 0.0, 0.9, 0.9, 0.3), "edema"),  # 0.9 - 0.3 = 0.6
        ((0.0, 0.0, 0.9, 0.9, 0.45), "background"),  # 0.9 - 0.45 = 0.45 is no edema, 0.45 no scar
        ((0.0, 0.0, 0.9, 0.0, 0.6), "scar"),  # scar without pathology around it
        ((0.45, 0.0, 0.9, 0.0, 0.6), "background"),  # 0.9 - 0.45 = 0.45 is no myocardium
        ((0.5, 0.5, 0.5, 0.5, 0.5), "background"),  # one half is not above one half
        (
            (0.0, 0.6, 0.9, 0.3, 0.0),
            "normal_myocardium",
        ),  # normal myocardium is written over the right ventricle
        ((0.6, 0.6, 0.0, 0.0, 0.0), "rv_pool"),  # and the right ventricle over the left one
    ],
)
def test_soft_answers_follow_the_equations(answer, tissue):
    assert decode(np.array(answer, dtype=np.float32)[:, None]).tolist() == [INDEX[tissue]]


def random_labels(seed, *, shape=(2, 24, 24)):
    labelled = [INDEX[tissue] for tissue in ("background", *ORDER)]
    return np.random.default_rng(seed).choice(labelled, shape).astype(np.uint8)


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_decoding_what_was_encoded_gives_the_labels_back(seed, swap):
    labels = random_labels(seed)
    batch = Batch(torch.zeros(2, 3, 24, 24), torch.from_numpy(labels))
    answers = [
        encode(batch, problem)[1][:, 0].numpy() for problem in coded_problems(swap_lge_t2=swap)
    ]
    np.testing.assert_array_equal(decode(np.stack(answers)), labels)


def test_targets_are_the_unions_of_tissues_that_the_paper_adds_up(batch):
    for problem in (*coded_problems(), *class_problems()):
        _, target = encode(batch, problem)
        assert target.shape == (2, 1, 32, 32)
        np.testing.assert_array_equal(
            target[:, 0].numpy() > 0, region_mask(batch.labels.numpy(), problem.region)
        )


@pytest.mark.parametrize(("swap", "pathology", "scar"), [(False, 1, 2), (True, 2, 1)])
def test_each_problem_sees_its_sequence(batch, swap, pathology, scar):
    seen = {problem.region: problem.sequences for problem in coded_problems(swap_lge_t2=swap)}
    assert seen == {
        "lv_pool": (0,),
        "rv_pool": (0,),
        "lv_epicardium": (0,),
        "scar_and_edema": (pathology,),
        "scar": (scar,),
    }
    images, _ = encode(batch, Problem("scar", (scar,)))
    assert torch.equal(images[:, 0], batch.images[:, scar])


def test_without_encoder_every_tissue_of_the_data_set_is_learned_on_all_sequences():
    assert [problem.region for problem in class_problems()] == list(ORDER)
    assert {problem.sequences for problem in class_problems()} == {(0, 1, 2)}
    assert set(ORDER) == {tissue.name for tissue in TISSUES if tissue.codes.get("myops2020")}


def test_only_pathology_is_answered_by_several_networks():
    assert [problem.is_pathology for problem in coded_problems()] == [
        False,
        False,
        False,
        True,
        True,
    ]
    assert [problem.is_pathology for problem in class_problems()] == [
        False,
        False,
        False,
        True,
        True,
    ]
