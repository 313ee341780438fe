"""The words by which series are told apart, with where each was seen.

A pattern matches whole words only: `words` has written the text in lower case, with one underscore
between words, so that "DE" is not found in "model" nor "T2" in "T2*". Reasons quote what matched,
and operators type the patient's name anywhere: a pattern ends with its last word, and what it lets
stand between two words is its group "between".

Sources: LIST, 1706 series descriptions of several hospitals (rohanshad/cmr_toolkit, Apache-2.0);
VENDORS, names of pulse sequences in manuals and headers; PRACTICE, common practice without a list.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

Plane = Literal["short axis", "long axis", "axial", "coronal", "sagittal", ""]


@dataclass(frozen=True)
class Words:
    """What some words say.

    Attributes:
        kind: What the series is then.
        pattern: Regular expression of one or more whole words.
        source: Where they were seen.
    """

    kind: str
    pattern: str
    source: str


NOT_WANTED: tuple[Words, ...] = (
    Words("other", "not_diagnostic|screenshots?|screen_save|report|phoenix_?zip_?report", "LIST"),
    Words("other", "inline_?vf|results?|segmentation|suiteheart|dose_record", "LIST, PRACTICE"),
    Words("TI scout", "ti_?scouts?|cine_?ir|ll|look_?locker|ti_?finder|ti_?test", "LIST"),
    Words("tagging", "tags?|tagging|m_?tag|grid|spamm|c_?spamm|dense|sense_?tag|hasp", "LIST"),
    Words("flow", "flow[qc]?|q_?flow|[45]d_?f(low)?[qc]?|venc|velocit(y|ies)|fast_?card", "LIST"),
    Words("flow", "pc|fast_?pc|pca|phase_contrast|fl_?pc|through_?plane", "LIST, PRACTICE"),
    Words("perfusion", "perf|perfusion|first_pass|(rest|stress)_(dyn|tfl|gre|sa|sax)", "LIST"),
    Words(
        "localiser", "locs?|locator|locali[sz]ers?|scouts?|survey|3_?p(l|lane)|plan(ning)?", "LIST"
    ),
    Words(
        "localiser", "define(_?long_?axis)?|auto_?heart|aah?scout|smart_?brain|iso_?shim", "LIST"
    ),
    Words("ECV map", "ecv|ecv_?map", "PRACTICE"),
    Words("T2* map", "t2_?star|m_?fgre|rosette|multi_?echo|\\d+_echo|r2_?star", "LIST"),
    Words("T2 map", "t2_?map(s|ping)?|m?_?grase|moco_t2", "LIST"),
    Words(
        "T1 map",
        "t1_?map(s|ping)?|(sh)?_?molli|smart_?1_?map|smart1|sasha|sapphire|(long|short)_?t1?|moco_t1",
        "LIST",
    ),
    Words("angiography", "m_?ra|angio(graphy)?|m_?fast|twist|tricks|i_?drive|timing|tof", "LIST"),
    Words(
        "angiography", "coronary|lmca|rca|m_?slab[a-z0-9]*|multi_?slab|3d_heart|whole_heart", "LIST"
    ),
    Words(
        "anatomy",
        "m?_?dixon|lava|vibe|liver|chest|haste|ss_?fse|ax_m2d|t1g|spgr|thrive|e_?thrive",
        "LIST",
    ),
    Words(
        "anatomy",
        "t1_?(w|weighted|d_?ir[a-z0-9]*|t?_?ir[a-z0-9]*|tse|fse|bb|db|se|fs)|double_ir_t1",
        "LIST",
    ),
    Words(
        "anatomy", "(db|bb|dir|tse|fse|black_?blood|dark_?blood)_(?P<between>\\w+_)?t1w?", "LIST"
    ),
    Words(
        "calibration",
        "calib(ration)?|asset_?cal|(coil_)?ref(erence)?_scan|sense_ref|shim|noise",
        "LIST",
    ),
)
"""What a series is that none of the three wanted sequences is. The first that matches counts."""

WANTED: tuple[Words, ...] = (
    Words(
        "LGE",
        "lge|late_?(gad[a-z0-9]*|enh[a-z0-9]*|gd)|psir|d_?he|dme|(ps|ss_?h?|3_?d_?)?mde",
        "LIST",
    ),
    Words("LGE", "de|delay(ed)?|del_?enh|viab(ility)?|2d_?viab|auto_?viab|ir_?p_?fgre|irp", "LIST"),
    Words(
        "LGE",
        "ir_?(tfe|gre|ssfp|flash|fgre|prep[a-z0-9]*)|psir_?tfe|early_?enh[a-z0-9]*",
        "VENDORS",
    ),
    Words("T2", "stir|t2_?(w|wi|weighted)|t_?ir_?fse|t2_?(stir|tirm)|tirm|(o|oe)?edema", "LIST"),
    Words(
        "T2",
        "t2_?(?P<between>\\w+_)?(d_?ir[a-z0-9]*|tse|fse|db|bb|spair|blade|ir_?fse|fs|black_?blood)",
        "LIST",
    ),
    Words(
        "T2",
        "(db|bb|dir|tse|fse|dark_?blood|black_?blood|blade)_(?P<between>\\w+_)?t2(tse|fse)?",
        "LIST",
    ),
    Words("T2-prepared", "t2_?p(rep(ared)?)?|t2_?prep[a-z0-9]*|bright_?blood_?t2", "VENDORS"),
    Words("dark blood", "d_?ir(_?fse)?|tse|fse|db|bb|dark_?blood|black_?blood|fastblade", "LIST"),
    Words(
        "spoiled cine",
        "(gre|flash|fspgr|fl2d|fl)_cine|(fast)?_?cine_(?P<between>\\w+_)?(gre|fspgr|fl2d|flash)",
        "LIST",
    ),
    Words(
        "bSSFP",
        "cine|m?_?fiesta[a-z0-9]*|(true?_?)?(t?_?fisp)|tru_?fi|trufisp|b_?(ffe|tfe)|sb_?tfe",
        "LIST",
    ),
    Words(
        "bSSFP", "ssfp|bssfp|real_?time|funct(ion)?|ef|basg|true_?ssfp|cine[a-z0-9]*trufi", "LIST"
    ),
)
"""What the wanted sequences are called; looked at after `NOT_WANTED`. The first that matches
counts."""

LATER: tuple[Words, ...] = (
    Words("single shot", "ss|single_?shot|overview|sshmde|sshot", "LIST"),
    Words(
        "corrected copy", "moco|avg|average|mc|dis3d|mpr|subtraction|sub|norm(alized)?_copy", "LIST"
    ),
    Words("real time", "real_?time|rt|free_?breathing|fb", "LIST"),
    Words("early", "early|[0-5]_?min", "LIST"),
    Words("repeated", "repeat(ed)?|rep|redo|test", "LIST"),
)
"""Words that give a series less right than another of its kind."""

PLANES: tuple[Words, ...] = (
    Words("short axis", "saxs?|sa|shax|sao|short_?ax(is)?|s_ax|rv_?sax|kurzachse|ka", "LIST"),
    Words(
        "long axis",
        "(lv|rv|p)?_?[2345]_?(ch|chambers?|chmb|c)(_?stack)?|(two|three|four)_?chamber",
        "LIST",
    ),
    Words(
        "long axis",
        "v_?la(x)?|h_?la(x)?|lax|rv_?lax|lv_?lax|long_?ax(is)?|rvot|lvot|outlet",
        "LIST",
    ),
    Words("axial", "ax|axial|tra|transversal|trans|tra_?db", "LIST"),
    Words("coronal", "cor|coronal|o_?cor", "LIST"),
    Words("sagittal", "sag|sagittal|o_?sag", "LIST"),
)
"""Planes that a name may say. A name that says two of them says nothing."""

KINDS: tuple[tuple[str, str], ...] = (
    ("magnitude", "mag|magnitude"),
    ("psir", "psir|ps|real_ir"),
    ("phase", "p|pha|phase"),
)
"""What the voxels are, by the last such word of a name, or by the first where GE puts it there."""

STEMS: tuple[Words, ...] = (
    Words(
        "bSSFP",
        "tfi\\d*d?\\w*|true?fi(sp)?\\w*|(2d|3d)?fiesta\\w*|b_?ffe|b_?tfe|cinefiesta",
        "VENDORS",
    ),
    Words(
        "SE",
        "tse\\w*|tir\\w*|h\\d*d?\\d*t?_?\\d*|fse\\w*|frfse\\w*|t_?se|hst\\w*|spb?\\w*",
        "VENDORS",
    ),
    Words(
        "GR",
        "fl\\d*d?\\w*|tfl\\w*|t_?fe|f?_?fe|fgre\\w*|fspgr\\w*|efgre\\w*|irprep\\w*|mde\\w*",
        "VENDORS",
    ),
)
"""Pulse sequences by their vendor's names: Siemens' *tfi2d1, *tfl2d1, *tse2d1; GE's 2dfiesta,
fgre; Philips' BTFE, TFE, TSE."""


def words(text: str) -> str:
    """A text in lower case, one underscore between its words, also where only capitals part them.

    >>> words("SAX_ME_T2*_TE_8"), words("4ChStack CineIR"), words("T2Map_TrueFISP")
    ('sax_me_t2star_te_8', '4ch_stack_cine_ir', 't2_map_true_fisp')
    """
    text = re.sub(r"(?i)([tr]2)\*", r"\1star", text)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z]{2})(?!Ch)", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


@cache
def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(f"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])")


def find(table: tuple[Words, ...], text: str) -> tuple[str, str] | None:
    """The first entry of a table that a text matches.

    Args:
        table: One of the tables above.
        text: Any text.

    Returns:
        Its kind and the words that matched, without those between them, or None.

    >>> find(WANTED, "T2 SAX TSE"), find(WANTED, "Late Enhancement SAX")
    (('T2', 't2_..._tse'), ('LGE', 'late_enhancement'))
    >>> find(NOT_WANTED, "TI_SCOUT_10_MIN_DELAY"), find(NOT_WANTED, "SAX_DELAY_TI=260_BH")
    (('TI scout', 'ti_scout'), None)
    """
    said = words(text)
    for entry in table:
        if match := _whole(entry.pattern).search(said):
            between = match.groupdict().get("between")
            return entry.kind, match[0].replace(between, "..._") if between else match[0]
    return None


def find_plane(text: str) -> str:
    """The plane that a name says, or "" where it says none or several.

    >>> find_plane("SAX_DE_TI_270_BH"), find_plane("DE_LAX_AND_SAX_2ChStack"), find_plane("psir")
    ('short axis', '', '')
    """
    said = words(text)
    planes = set()
    for entry in PLANES:  # what is read is taken out: the "ax" of "short_ax" says no axial plane
        said, count = _whole(entry.pattern).subn("", said)
        planes |= {entry.kind} if count else set()
    return planes.pop() if len(planes) == 1 else ""


def find_kind(text: str) -> str:
    """What the voxels of a series are by its name: "magnitude", "psir", "phase", or "".

    >>> [find_kind(name) for name in ("PSIR_SAX_MAG", "PS:SAX_SS_PSMDE", "SAX_psir", "DE")]
    ['magnitude', 'psir', 'psir', '']
    """
    said = words(text).split("_")
    if said[0] in ("ps", "mag"):
        return "psir" if said[0] == "ps" else "magnitude"
    for word in reversed(said):
        for kind, pattern in KINDS:
            if _whole(pattern).fullmatch(word):
                return kind
    return ""
