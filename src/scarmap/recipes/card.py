"""The card of an exported run: what a colleague must know before using its masks."""

from pathlib import Path

from scarmap.evaluation.table import read_summary
from scarmap.io.files import replacing
from scarmap.io.run import RunFolder
from scarmap.recipes.model_folder import CARD


def write_card(run: RunFolder, folder: Path, *, averaged: int = 0) -> None:
    """Write the card into a model folder; it names no folder and no patient.

    Args:
        run: The run that was exported.
        folder: The model folder.
        averaged: Number of folds whose weights were averaged; 0 where none were.
    """
    record = run.read_record()
    recipe, data, how = record["recipe"], record["data"], record["provenance"]
    lines = [
        f"# {recipe['name']}",
        "",
        "**Not a medical device.** Research software without regulatory clearance. Look at every "
        "mask.",
        "",
        f"- Recipe: `{recipe['function']}`; settings are in model.json.",
        f"- Sequences: {', '.join(recipe['sequences'])}.",
        f"- Trained on {data['num_cases']} labelled cases of layout {data['layout']}, digest "
        f"`{data['sha256']}`.",
        f"- Trained with scarmap {record['scarmap']}, commit {how.get('commit')}, seed "
        f"{how.get('seed')}, on {how.get('hardware')}, {how.get('started')}.",
        "- Licence: the network's weights come under the terms of the data that it was trained on; "
        "whoever hands this folder on says which these are.",
        "",
        *_average(averaged),
        *_scores(run),
    ]
    with replacing(folder / CARD) as temporary:
        temporary.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _average(averaged: int) -> list[str]:
    """What an average of folds has to do with their scores."""
    if not averaged:
        return []
    return [
        f"One network: the mean of the weights of {averaged} folds. The scores below are those of "
        "the single folds, each on the cases that it held out. The mean has learnt from all of "
        "these cases: it was not scored, and its probabilities are not calibrated. Score it on "
        "cases of your own.",
        "",
    ]


def _scores(run: RunFolder) -> list[str]:
    """Dice of the cases that its folds held out, if there were some."""
    file = run.evaluation / "summary.json"
    if not file.is_file():
        return ["It was not scored on held-out cases."]
    scores = read_summary(file)["scores"]["case3d"]
    rows = [
        f"| {region} | {100 * each['dice']['mean']:.1f} |"
        for region, each in scores.items()
        if each.get("dice", {}).get("mean") is not None
    ]
    return ["Held-out cases of the training data:", "", "| Region | Dice, % |", "|---|---:|", *rows]
