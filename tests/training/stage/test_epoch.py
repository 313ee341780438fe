import torch
from torch import nn
from torch.nn import functional as F

from scarmap.recipes.recipe import Phase
from scarmap.recipes.schedules import constant
from scarmap.training.stage.fit import fit


def test_epochs_are_trained_in_training_mode_and_validated_in_evaluation_mode_without_gradients(
    training, stage
):
    """Else batch normalisation would learn from validation slices."""
    seen = []

    def note(doing, model):
        seen.append((doing, {each.training for each in model.modules()}, torch.is_grad_enabled()))

    class Looking(nn.Module):
        def forward(self, model, batch):
            note("train", model)
            return {"level": F.mse_loss(model(batch.images)[:, 0], batch.labels.float())}

    def score(model, bank, rows):
        note("validate", model)
        return {"scar": 0.5}

    fit(
        training(
            stage(objective=Looking, score=score, phases=(Phase(2, 0.05, constant),)), max_steps=2
        ),
        {},
    )
    one_epoch = [("train", {True}, True), ("train", {True}, True), ("validate", {False}, False)]
    assert seen == 2 * one_epoch
