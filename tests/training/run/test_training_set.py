from dataclasses import replace

import torch

from scarmap.datasets.folds import no_folds
from scarmap.systems.catalogue import choose
from scarmap.training.run.training_set import gather

SETTINGS = {"width": 4, "start": None, "size": 48, "spacing_mm": 3.0}


def test_images_are_kept_only_where_a_fold_holds_cases_out(plain_phantom):
    recipe = choose("scarmap", SETTINGS).build()
    held_out, whole = (
        gather(plain_phantom, each) for each in (recipe, replace(recipe, folds=no_folds))
    )
    assert all(case.images for case in held_out.cases)
    assert not any(case.images for case in whole.cases)
    assert [case.grid.shape for case in whole.cases] == [case.grid.shape for case in held_out.cases]
    assert torch.equal(whole.bank.images, held_out.bank.images)
    assert whole.bank.cases == held_out.bank.cases
    assert whole.split.folds[0].train == tuple(sorted(case.name for case in held_out.cases))
