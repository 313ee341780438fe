import pytest

from scarmap.errors import RecipeError
from scarmap.systems.catalogue import RECIPES, choose
from scarmap.systems.scarmap.recipe import SOURCES, scarmap
from scarmap.training.describe import settings


def test_it_is_listed_without_published_figures():
    row = RECIPES["scarmap"]
    assert (row.paper, row.table, row.published) == ("", "", {})


def test_cases_may_lack_sequences_and_lie_anywhere():
    preparation = scarmap().preparation
    assert (preparation.optional, preparation.around_heart) == (True, True)
    assert preparation.sequences == ("LGE", "T2", "bSSFP")


def test_fewer_sequences_make_a_smaller_network():
    recipe = choose("scarmap", {"sequences": "LGE", "width": 4, "layout": "emidec"}).build()
    (stage,) = recipe.stages
    assert stage.model.keywords == {"sequences": 1, "width": 4}
    assert stage.objective().regions[0] == "lv_pool"
    assert recipe.finish.keywords["around"] == "normal_myocardium"


def test_every_case_is_trained_on_when_asked_for():
    (fold,) = scarmap(split=None).folds(["b", "a"])
    assert (fold.train, fold.validation) == (("a", "b"), ())
    assert len(scarmap().folds([str(number) for number in range(10)])) == 5


def test_every_constant_has_a_source():
    named = " ".join(SOURCES)
    assert all(name in named for name in ("width", "size", "spacing_mm", "pathology_threshold", "smallest_infarct_ml"))
    assert scarmap().sources is SOURCES
    assert {"width", "size", "spacing_mm", "views", "pathology_threshold", "smallest_infarct_ml"} <= set(
        settings(scarmap)
    )


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"layout": "myops"}, "layout cannot be 'myops'. Did you mean 'myops2020'?"),
        ({"split": "slices"}, "split cannot be 'slices'"),
        ({"views": 4}, "views cannot be 4"),
        ({"sequences": ("LGE", "LGE")}, "name each once"),
        ({"sequences": ()}, "name each once"),
        ({"sequences": ("DE",)}, "sequences cannot hold 'DE'"),
        ({"width": 0}, "width is 0"),
        ({"size": 100}, "multiple of 16"),
        ({"spacing_mm": 0.0}, "between 0.1 and 10 mm"),
        ({"pathology_threshold": 1.0}, "between 0 and 1"),
        ({"smallest_infarct_ml": -1.0}, "a volume is not negative"),
    ],
)
def test_an_unknown_value_is_explained(keywords, message):
    with pytest.raises(RecipeError) as caught:
        scarmap(**keywords)
    assert message in str(caught.value)
