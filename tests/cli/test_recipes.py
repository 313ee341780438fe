import json
import subprocess
import sys


def test_the_list_holds_twelve_published_rows_of_mfunet(scarmap):
    ended = scarmap("recipes", "list", "--json")
    assert ended.code == 0
    rows = [row for row in json.loads(ended.out) if row["paper"] == "mfunet"]
    assert len(rows) == 12
    assert all(row["published"] and row["table"] for row in rows)
    assert {"name", "paper", "table", "published"} <= set(rows[0])
    first = next(row for row in rows if row["name"] == "mfunet")
    assert first["published"]["scar"] == [53.0, 20.5]


def test_the_recommended_recipe_is_first_and_marked(scarmap):
    rows = json.loads(scarmap("recipes", "list", "--json").out)
    assert [row["name"] for row in rows if row["recommended"]] == ["scarmap"] == [rows[0]["name"]]
    assert len(rows) == len({row["name"] for row in rows})
    shown = scarmap("recipes", "list").out
    assert shown.index("scarmap (recommended)") < shown.index("mfunet")


def test_the_printed_list_names_every_recipe(scarmap):
    ended = scarmap("recipes", "list")
    assert "mfunet/no-attention" in ended.out
    assert "53.0 ± 20.5" in ended.out


def test_diff_of_two_ablation_rows_prints_the_changed_factor_only(scarmap):
    assert (
        scarmap("recipes", "diff", "mfunet", "mfunet/no-max").out
        == 'fusion: "max" -> "concatenation"\n'
    )
    shown = json.loads(
        scarmap("recipes", "diff", "mfunet/max-only", "mfunet/no-resampling", "--json").out
    )
    assert shown == {"attention": [False, True]}
    assert "same" in scarmap("recipes", "diff", "mfunet", "mfunet").out


def test_diff_of_two_systems_equates_no_keywords_that_share_a_name(scarmap):
    shown = scarmap("recipes", "diff", "mfunet", "anatomy-prior").out
    assert 'function: "scarmap.mfunet:mfunet" -> "scarmap.anatomy_prior:anatomy_prior"' in shown
    assert "mfunet.attention: true" in shown
    assert "anatomy_prior.attention: true" in shown
    assert "mfunet.width: 64" in shown
    assert "anatomy_prior.width: 32" in shown


def test_show_prints_where_each_constant_comes_from(scarmap):
    assert "beta: released code: 0.7" in scarmap("recipes", "show", "mfunet").out
    codec = scarmap("recipes", "show", "linear-codec").out
    assert "mask-rcnn: anchors: 16, 32, 64, 128 and 256 pixels" in codec
    cascade = scarmap("recipes", "show", "cascade").out
    assert "denoiser: corruption, growth: up to 5 pixels" in cascade


def test_show_binds_every_default(scarmap):
    shown = json.loads(scarmap("recipes", "show", "mfunet/side", "--json").out)
    assert shown["settings"]["backbone"] == "side"
    model = shown["recipe"]["stages"][0]["model"]
    assert (model["width"], model["attention_variant"]) == (64, "paper")
    assert "width: 64" in scarmap("recipes", "show", "mfunet").out


def test_an_unknown_name_lists_close_ones(scarmap):
    ended = scarmap("recipes", "show", "mfunet/sidee")
    assert ended.code == 2
    assert "mfunet/side" in ended.err


def test_the_list_reads_no_images_and_needs_nothing_that_does():
    code = (
        "import sys; from scarmap.cli.main import main;"
        "sys.argv[1:] = ['recipes', 'list']\n"
        "try: main()\nexcept SystemExit as end: assert not end.code\n"
        "print(*{'nibabel', 'scipy'} & set(sys.modules), 'none')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "none"
