import ast
import importlib
import inspect
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

import scarmap
from scarmap.cli.main import app
from scarmap.cli.reproduce import holds_out, names_in
from scarmap.recipes.settings import parse_setting
from scarmap.systems.catalogue import RECIPES, change_all, choose, rows_of

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])
HEAVY = {
    "torch",
    "torchvision",
    "lightning_fabric",
    "monai",
    "matplotlib",
    "tensorboard",
    "dask",
    "distributed",
}
LAUNCHERS = ("srun", "torchrun")


def _modules_after(code, *, watched=HEAVY):
    """Which of the watched modules a fresh interpreter has imported after running code, and the
    seconds it took."""
    began = time.perf_counter()
    report = f"import sys; print(*sorted({watched!r} & set(sys.modules)), file=sys.__stderr__)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split()), time.perf_counter() - began


def test_every_public_name_is_what_its_module_defines():
    tree = ast.parse(inspect.getsource(scarmap))
    (block,) = (
        node for node in tree.body if isinstance(node, ast.If) and isinstance(node.test, ast.Name)
    )
    typed = {alias.name: node.module for node in block.body for alias in node.names}
    assert {*typed, "__version__"} == set(scarmap.__all__) == set(dir(scarmap))
    for name, module in typed.items():
        assert getattr(scarmap, name) is getattr(importlib.import_module(module), name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'segmant'"):
        _ = scarmap.segmant


def test_importing_scarmap_imports_nothing_heavy():
    watched = {*HEAVY, "numpy", "scipy", "nibabel", "typer"}
    assert _modules_after("import scarmap", watched=watched)[0] == set()


def test_measuring_masks_from_python_needs_no_torch():
    names = "evaluate_pair, find_cases, load_case, read_labels, choose"
    assert "torch" not in _modules_after(f"from scarmap import {names}")[0]


def _scarmap(*words):
    """Code that runs the command line as the console script does."""
    return f"""
import sys
from scarmap.cli.main import main
sys.argv[1:] = {words!r}
try:
    main()
except SystemExit as end:
    assert not end.code
"""


@pytest.mark.parametrize(
    "words", [("--help",), ("--version",), ("recipes", "list"), ("recipes", "list", "--json")]
)
def test_looking_around_imports_nothing_heavy(words):
    assert _modules_after(_scarmap(*words))[0] == set()


def test_help_answers_at_once():
    assert min(_modules_after(_scarmap("--help"))[1] for _ in range(3)) < 2.0


def _documented_commands():
    for page in PAGES:
        for block in re.findall(
            r"```(?:console|shell|bash|sh)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL
        ):
            variables = {}
            for line in block.replace("\\\n", " ").splitlines():
                if assignment := re.fullmatch(r'([A-Z]+)="(.*)"', line):
                    variables[f"${assignment[1]}"] = assignment[2]
                for name, value in variables.items():
                    line = line.replace(f"{name} ", f"{value} ")
                words = shlex.split(line.removeprefix("$ "), comments=True)
                if words[:1] and words[0] in LAUNCHERS and "scarmap" in words:
                    words = words[words.index("scarmap") :]
                if words[:1] == ["scarmap"]:
                    numbered = [re.sub(r"\$SLURM_ARRAY_TASK_ID", "1", word) for word in words[1:]]
                    yield pytest.param(numbered, id=f"{page.relative_to(ROOT)}: {' '.join(words)}")


@pytest.mark.parametrize("words", list(_documented_commands()))
def test_every_command_in_the_documentation_parses(words):
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        name, *words = words
        assert name in command.commands, f"there is no command {name}"
        command = command.commands[name]
    parsed = command.make_context(command.name, list(words)).params
    named = [parsed[key] for key in ("recipe", "name", "first", "second") if parsed.get(key)]
    assert all(name in RECIPES or ":" in name for name in named), named
    if command.name == "reproduce":
        asked = {"tables": names_in(parsed["tables"]), "names": names_in(parsed["rows"])}
        rows = {
            name: row
            for name, row in rows_of(parsed["paper"], **asked).items()
            if any(asked.values()) or holds_out(row)
        }
        change_all(rows, dict(parse_setting(text) for text in parsed["settings"] or ()))
    for name in set(named) & set(RECIPES):
        choose(name, dict(parse_setting(text) for text in parsed.get("settings") or ()))


def _scripts():
    for page in PAGES:
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            if block.startswith("#!"):
                name = re.search(r"--job-name=(\S+)", block)
                yield pytest.param(
                    block, id=f"{page.relative_to(ROOT)}: {name[1] if name else block[:40]}"
                )


@pytest.mark.parametrize("script", list(_scripts()))
def test_every_submission_script_in_the_documentation_is_a_script(script, tmp_path):
    checked = subprocess.run(
        ["sh", "-n"], input=script, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")
    directives = [line for line in script.splitlines() if line.startswith("#SBATCH")]
    assert directives
    assert all(re.fullmatch(r"#SBATCH --[a-z-]+=\S+", line) for line in directives)
    environment = tmp_path / "scarmap" / "bin" / "activate"
    environment.parent.mkdir(parents=True)
    environment.write_text(f"PATH={environment.parent}:$PATH\n")
    for command in ("scarmap", "srun"):
        environment.with_name(command).write_text(f'#!/bin/sh\necho {command} "$@"\n')
        environment.with_name(command).chmod(0o755)
    variables = {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "SLURM_ARRAY_TASK_ID": "3",
        "SLURM_CPUS_PER_TASK": "8",
    }
    ran = subprocess.run(
        ["sh"], input=script, env=variables, capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"(srun )?scarmap (predict|train) [^\n$]*\n", ran.stdout)


def _relative_links():
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)", text):
            if "://" not in target and not target.startswith("mailto:"):
                yield pytest.param(page.parent / target, id=f"{page.relative_to(ROOT)}: {target}")


@pytest.mark.parametrize("target", list(_relative_links()))
def test_every_relative_link_in_the_documentation_leads_somewhere(target):
    assert target.exists()


def test_every_file_of_the_benchmarks_stands_in_their_table():
    folder = ROOT / "benchmarks"
    named = re.findall(r"\]\(([\w.]+)\)", (folder / "README.md").read_text(encoding="utf-8"))
    kept = {path.name for path in folder.iterdir() if path.suffix in (".md", ".py")}
    assert kept - {"README.md"} <= set(named)


def test_every_paper_has_a_page():
    papers = {row.paper for row in RECIPES.values() if row.paper}
    assert papers == {page.stem.replace("_", "-") for page in ROOT.glob("docs/papers/*.md")}


def test_the_citation_names_this_version():
    assert f"\nversion: {scarmap.__version__}\n" in (ROOT / "CITATION.cff").read_text(
        encoding="utf-8"
    )
