"""Parts of scarmap that a model folder may name: what surrounds its networks, all without torch.

A folder may come from anywhere, and to call what it names runs code. So only these are called.
"""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from inspect import Parameter, signature
from typing import Any

from scarmap.errors import RecipeError, RunError
from scarmap.recipes.names import as_today
from scarmap.recipes.settings import check_settings, freeze

_HOMES: Mapping[str, tuple[str, ...]] = {
    "scarmap.sampling.intensity": ("scarmap:standardise", "scarmap:scale_between"),
    "scarmap.inference.postprocess": ("scarmap:slices_without_heart",),
    "scarmap.systems.mfunet.intensity": ("scarmap.mfunet:scale_volume",),
    "scarmap.systems.mfunet.postprocess": (
        "scarmap.mfunet:compose_cross_validation",
        "scarmap.mfunet:compose_challenge",
    ),
    "scarmap.systems.cascade.postprocess": ("scarmap.cascade:compose",),
    "scarmap.systems.linear_codec.postprocess": (
        "scarmap.linear_codec:compose_coded",
        "scarmap.linear_codec:compose_classes",
    ),
    "scarmap.systems.anatomy_prior.postprocess": (
        "scarmap.anatomy_prior:compose",
        "scarmap.anatomy_prior:leave_out_small_infarct",
    ),
    "scarmap.systems.scarmap.postprocess": (
        "scarmap.scarmap:compose",
        "scarmap.scarmap:decide_presence",
    ),
    "scarmap.systems.scarmap.subsets": ("scarmap.scarmap:ask_subsets",),
}
"""Where the parts live, by the names that records give them."""

PARTS: Mapping[str, str] = {name: home for home, names in _HOMES.items() for name in names}


def name_of(described: Any) -> str:
    """Name of a part in a description, see `scarmap.recipes.describe`."""
    return str(described["call"] if isinstance(described, Mapping) else described)


def rebuild(described: Any) -> Callable[..., Any]:
    """The part that a description means, with its keywords set.

    Args:
        described: What `describe` makes of one of `PARTS` or of a partial of one.

    Raises:
        RunError: It means something else.

    >>> rebuild({"call": "scarmap:scale_between", "low": 1, "high": 98}).keywords
    {'low': 1, 'high': 98}
    """
    described = as_today(described)
    name = name_of(described)
    if name not in PARTS:
        raise RunError(
            f"A model names {name}, which is no part of this scarmap that a model folder may call. "
            "Use the scarmap version that wrote it, or export the run again."
        )
    function: Callable[..., Any] = getattr(import_module(PARTS[name]), name.partition(":")[2])
    if not isinstance(described, Mapping):
        return function
    given = {key: freeze(each) for key, each in described.items() if key != "call"}
    _check_keywords(name, function, given)
    return partial(function, **given)


def _check_keywords(name: str, function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    known = signature(function).parameters
    for key in given:
        if key not in known or known[key].kind is not Parameter.KEYWORD_ONLY:
            raise RunError(
                f"A model sets {key!r} of {name}, which has no such keyword in this scarmap. Use "
                "the scarmap version that wrote it, or export the run again."
            )
    try:
        check_settings(function, given)
    except RecipeError as problem:
        raise RunError(f"A model calls {name}: {problem}") from None
