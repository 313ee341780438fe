# ruff: noqa
"""The experiments behind benchmarks/recommended.md, as they were run; kept in history, not in the tree.

::

    python benchmarks/recommended_rows.py pack MYOPS EMIDEC OUT            8-bit copies cropped to 272 mm
    LAB_DATA=OUT python benchmarks/recommended_rows.py screen|final RESULTS --limit SECONDS --device cuda

Every row of `ROWS` changes `BASE`; `screen` trains all on folds 0 to 2, `final` the last ones on all five.
"""

import json, math, os, sys, time, traceback, queue
from dataclasses import replace
from functools import partial
from pathlib import Path
import numpy as np
import torch
import torch.multiprocessing as mp
import torch.nn.functional as F
from torch import nn
from scipy import ndimage

torch.set_num_threads(1)
from scarmap.datasets.case_files import SEQUENCES, load_case
from scarmap.datasets.folder import find_cases
from scarmap.datasets.folds import seeded_folds
from scarmap.inference import predict as predict_module
from scarmap.inference.ensemble import eight_views
from scarmap.inference.predict import Segmenter, run, _settled, _search
from scarmap.labels import INDEX, TISSUES, merge, region_mask, is_defined
from scarmap.nn.blocks import ConvBlock
from scarmap.nn.losses import dice_loss
from scarmap.nn.regions import region_members, sum_over_regions, told_apart
from scarmap.nn.unet import UNet
from scarmap.sampling.appearance import change_appearance
from scarmap.sampling.augment import MODERN_AUGMENTATION, augment
from scarmap.sampling.bank import fill_bank
from scarmap.sampling.batch import Batch, tissue_shares
from scarmap.sampling.preparation import Preparation, prepare, restore
from scarmap.sampling.presence import draw_kept, present_sequences
from scarmap.systems.scarmap import inference as si
from scarmap.systems.scarmap.intensity import scale_percentiles
from scarmap.systems.scarmap.network import standardise_window
from scarmap.systems.scarmap.objective import BATCH, TISSUE_NAMES, as_labelled
from scarmap.systems.scarmap.stages import ANY_LOOK as LOOK, ANY_SPACE as SPACE, ODDS
from scarmap.systems.scarmap.targets import FOUND
from scarmap.systems.anatomy_prior.class_weights import WeightGenerator, balanced_weights, present_labels
from scarmap.systems.anatomy_prior.mixup import mix_up
from scarmap.systems.anatomy_prior.neighbourhood import nested_penalty
from scarmap.training.schedules import one_cycle

predict_module.SLICES_AT_ONCE = 64
import scarmap.sampling.bank as bank_module

bank_module.check_nothing_lost = lambda *a: None
BASE = dict(
    data="both",
    size=128,
    spacing=1.5,
    batch=16,
    steps=2000,
    lr=2e-3,
    width=16,
    block="plain",
    encoders="one",
    context=0,
    deep=0,
    ema=0.0,
    sampling="uniform",
    space="any",
    look="full",
    mixup=0.0,
    penalty=0.0,
    weights=0,
    start=0,
    presence=0,
    loss="regions",
    drop=1,
    views=8,
    wd=0.01,
    dropout=0.0,
    threshold=0.3,
    small=2.0,
)
PLAIN = dict(
    BASE, size=160, spacing=1.0, space="modern", look="none", loss="tissues", drop=0, views=1, threshold=0.5, small=0.0
)
FINAL = dict(start=1, look="none", space="mild")
ROWS = {
    "base": {},
    "plain-myops": dict(PLAIN, data="myops2020"),
    "plain-emidec": dict(PLAIN, data="emidec", size=128, spacing=1.458),
    "only-myops": dict(data="myops2020"),
    "only-emidec": dict(data="emidec"),
    "fine": dict(size=160, spacing=1.2),
    "ema": dict(ema=0.99),
    "context": dict(context=1),
    "look-mild": dict(look="mild"),
    "look-none": dict(look="none"),
    "space-lying": dict(space="lying"),
    "space-mild": dict(space="mild"),
    "balanced": dict(sampling="balanced"),
    "pathology": dict(sampling="pathology"),
    "residual": dict(block="residual"),
    "channel-attention": dict(block="channel"),
    "encoders": dict(encoders="each"),
    "deep": dict(deep=1),
    "mixup": dict(mixup=0.5),
    "weights": dict(weights=1),
    "penalty": dict(penalty=0.01),
    "builtin": dict(start=1),
    "presence": dict(presence=1),
    "wide": dict(width=32),
    "no-drop": dict(drop=0),
    "long": dict(steps=4000),
    "tissues": dict(loss="tissues"),
    "dropout": dict(dropout=0.2),
    "wd": dict(wd=0.1),
    "max-fusion": dict(encoders="max"),
    **{f"plain-{s}": dict(PLAIN, data="myops2020", only=s) for s in ("LGE", "T2", "bSSFP")},
    "final": FINAL,
    "final-myops": dict(FINAL, data="myops2020"),
    "final-emidec": dict(FINAL, data="emidec"),
    "final-scratch": dict(FINAL, start=0),
    "final-look": dict(FINAL, look="mild"),
    "final-space": dict(FINAL, space="any"),
    "final-fine": dict(FINAL, size=160, spacing=1.2),
    "final-drop": dict(FINAL, drop=0),
    "final-balanced": dict(FINAL, sampling="balanced"),
    "lge-myops": dict(PLAIN, data="myops2020", only="LGE"),
}
EVERY = ("base", "final", "final-myops")
W12 = dict(width=12, schedule="modern")
AP = {
    "ap": dict(o=dict(recipe="anatomy-prior", settings=W12, scale=0.67)),
    "ap-unweighted": dict(o=dict(recipe="anatomy-prior", settings=dict(W12, class_weights=None), scale=0.67)),
    "ap-attention": dict(o=dict(recipe="anatomy-prior/attention", settings=W12, scale=0.67)),
    "ap-baseline": dict(o=dict(recipe="anatomy-prior/baseline", settings=W12, scale=0.67)),
}
ALL = tuple(SEQUENCES)
SPACES = {
    "any": SPACE,
    "modern": replace(MODERN_AUGMENTATION, elastic_px=1.6, offset=0.04, noise=0.025),
    "lying": replace(SPACE, rotation_deg=30, flips=False),
    "mild": replace(SPACE, scale=(0.8, 1.25), stretch=1.35),
}
LOOKS = {"full": LOOK, "mild": replace(LOOK, share=0.3), "none": None}


class ChannelBlock(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.block = ConvBlock(a, b)
        r = max(4, b // 4)
        self.look = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(b, r, 1), nn.ReLU(), nn.Conv2d(r, b, 1), nn.Sigmoid()
        )

    def forward(self, x):
        y = self.block(x)
        return y * self.look(y)


class DropBlock(nn.Module):
    def __init__(self, a, b, p=0.2):
        super().__init__()
        self.block = ConvBlock(a, b)
        self.p = p

    def forward(self, x):
        return F.dropout2d(self.block(x), self.p if x.shape[-1] < 60 else 0.0, self.training)


class MaxUNet(UNet):
    """An encoder per sequence; at every level the largest feature of those that are there."""

    def __init__(self, *, encoders, outputs, width, block=ConvBlock):
        super().__init__(encoders=encoders[:1], outputs=outputs, width=width, block=block)
        from itertools import pairwise
        from scarmap.nn.unet import level_widths

        w = level_widths(width)
        self.more = nn.ModuleList(nn.ModuleList(block(a, b) for a, b in pairwise([c, *w[:-1]])) for c in encoders[1:])
        self.inputs = encoders

    def features(self, x):
        from scarmap.nn.unet import Features

        images = torch.split(x, list(self.inputs), dim=1)
        encs = [self.encoders[0], *self.more]
        skips, pooled = [], [i for i in images]
        there = [i[:, 1:2, :1, :1] for i in images]
        for level in range(4):
            feats = [e[level](y) * t for e, y, t in zip(encs, pooled, there)]
            skips.append((torch.stack(feats).amax(0),))
            pooled = [F.max_pool2d(f, 2) for f in feats]
        y = bottom = self.bottleneck(torch.stack(pooled).amax(0))
        dec = []
        for level in reversed(range(4)):
            y = self.blocks[level](torch.cat([self.enlarge[level](y), *skips[level]], 1))
            dec.insert(0, y)
        return Features(tuple(skips), bottom, tuple(dec))


class Net(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.o = o
        n = 3 * (1 + 2 * o["context"])
        block = {"plain": ConvBlock, "residual": partial(ConvBlock, kind="residual"), "channel": ChannelBlock}[
            o["block"]
        ]
        if o["dropout"]:
            block = partial(DropBlock, p=o["dropout"])
        self.each = o["encoders"] != "one"
        enc = (2,) * 3 if self.each else (n + 3,)
        self.unet = (MaxUNet if o["encoders"] == "max" else UNet)(
            encoders=enc, outputs=len(TISSUES), width=o["width"], block=block
        )
        w = o["width"]
        if o["deep"]:
            self.deep = nn.ModuleList(nn.Conv2d(w * 2**k, len(TISSUES), 1) for k in (1, 2))
        if o["presence"]:
            self.presence = nn.Linear(16 * w, 2)

    def forward(self, images):
        present = present_sequences(images[:, :3])[..., None, None].to(images.dtype)
        rep = present.repeat(1, images.shape[1] // 3, 1, 1)
        shown = standardise_window(images) * rep
        flags = present.expand(-1, -1, *images.shape[2:])
        if self.each:
            x = torch.stack([shown, flags], 2).flatten(1, 2)
        else:
            x = torch.cat([shown, flags], 1)
        x = x.contiguous(memory_format=torch.channels_last)
        f = self.unet.features(x)
        out = [self.unet.logits(f)]
        if self.o["deep"] and self.training:
            out += [
                F.interpolate(h(f.decoder[k]), size=images.shape[2:], mode="bilinear")
                for k, h in zip((1, 2), self.deep)
            ]
        seen = self.presence(f.bottleneck.mean((2, 3))) if self.o["presence"] else None
        return (out, seen) if self.training else (out[0] if seen is None else (out[0], seen))


def neighbours(bank):
    n = len(bank.cases)
    up, down = np.arange(n), np.arange(n)
    for i in range(n):
        if i + 1 < n and bank.cases[i + 1] == bank.cases[i]:
            up[i] = i + 1
        if i and bank.cases[i - 1] == bank.cases[i]:
            down[i] = i - 1
    return torch.tensor(up), torch.tensor(down)


MATRIX = torch.tensor(
    [[float(t in __import__("scarmap.labels", fromlist=["REGIONS"]).REGIONS[r]) for t in TISSUE_NAMES] for r in FOUND]
)


class Loss(nn.Module):
    """The recipe's objective without a word between host and device, so that a step can be captured as a graph."""

    def __init__(self, o):
        super().__init__()
        self.o = o
        self.register_buffer("matrix", MATRIX.clone())
        self.register_buffer("members", region_members(FOUND))
        if o["weights"]:
            self.generator = WeightGenerator(sequences=3, labels=len(TISSUES))

    def regions(self, p):
        return torch.einsum("bthw,kt->bkhw", p, self.matrix)

    def shown_dice(self, found, true):
        shown = (true.amax(BATCH) > 0).float()
        hit = (found * true).sum(BATCH)
        size = found.sum(BATCH) + true.sum(BATCH)
        return ((1 - (2 * hit + 1) / (size + 1)) * shown).sum() / shown.sum().clamp(min=1)

    def one(self, logits, images, target, label_of):
        logits = logits.float()
        p = as_labelled(logits.softmax(1), label_of)
        each = -(target * torch.log(p + 1e-6)).mean((2, 3))
        if self.o["weights"]:
            each = each * balanced_weights(self.generator(images[:, :3]).float(), present_labels(target))
        asked = told_apart(self.members, label_of)[..., None, None]
        if self.o["loss"] == "tissues":
            total = each.sum(1).mean() + self.shown_dice(p[:, 1:], target[:, 1:])
        else:
            total = each.sum(1).mean() + self.shown_dice(self.regions(p) * asked, self.regions(target) * asked)
        if self.o["penalty"]:
            found = self.regions(p)
            maps = [found[:, FOUND.index(r)] for r in ("mvo", "whole_infarct", "scar_and_edema", "whole_myocardium")]
            total = total + self.o["penalty"] * nested_penalty(maps)
        return total

    def forward(self, outputs, images, target, label_of):
        logits, seen = outputs
        total = sum(w * self.one(l, images, target, label_of) for w, l in zip((1.0, 0.5, 0.25), logits)) / sum(
            (1.0, 0.5, 0.25)[: len(logits)]
        )
        if seen is not None:
            mvo = target[:, INDEX["mvo"]].amax((1, 2))
            infarct = (target[:, INDEX["scar"]] + target[:, INDEX["mvo"]]).amax((1, 2))
            truth = (torch.stack([infarct, mvo], 1) > 0.5).float()
            known = torch.stack(
                [torch.ones_like(label_of[:, 0]), (label_of[:, INDEX["mvo"]] == INDEX["mvo"]).long()], 1
            ).float()
            total = (
                total + 0.3 * (F.binary_cross_entropy_with_logits(seen.float(), truth, reduction="none") * known).mean()
            )
        return total


def draw(bank, rows, o, steps, generator):
    dev = bank.images.device
    n = steps * o["batch"]
    if o["sampling"] == "uniform":
        reps = math.ceil(n / len(rows)) + 1
        order = torch.cat([rows[torch.randperm(len(rows), generator=generator, device=dev)] for _ in range(reps)])[:n]
    else:
        w = torch.ones(len(rows), device=dev)
        if o["sampling"] == "balanced":
            lay = bank.label_of[rows, INDEX["mvo"]]
            for k in lay.unique():
                w[lay == k] = 1 / (lay == k).sum()
            w = w / w.mean()
            w = w**0.7
        else:
            lab = bank.labels[rows].flatten(1)
            w = 1 + 1.0 * ((lab == INDEX["scar"]) | (lab == INDEX["edema"])).any(1) + 1.0 * (lab == INDEX["mvo"]).any(1)
        order = rows[torch.multinomial(w.float(), n, replacement=True, generator=generator)]
    return order.view(steps, o["batch"])


def batches(bank, rows, o, generator):
    dev = bank.images.device
    rows = rows.to(dev)
    odds = tuple(ODDS[s] for s in ALL)
    up, down = (t.to(dev) for t in neighbours(bank))
    space, look = SPACES[o["space"]], LOOKS[o["look"]]
    fg = (bank.labels[rows] > 0).flatten(1).any(1)
    cand = rows[fg]
    for chosen in draw(bank, rows, o, o["steps"], generator):
        images = bank.images[chosen]
        if o["context"]:
            images = torch.cat([images, bank.images[up[chosen]], bank.images[down[chosen]]], 1)
        if o.get("only"):
            images = images * torch.tensor([s == o["only"] for s in ALL], device=dev)[None, :, None, None]
        b = Batch(images, bank.labels[chosen])
        lay = bank.label_of[chosen]
        if o["mixup"]:
            fits = (
                ((bank.heights[chosen][:, None] - bank.heights[cand][None]).abs() <= 0.1)
                & (lay[:, None] == bank.label_of[cand][None]).all(2)
                & (cand[None] != chosen[:, None])
            )
            chance = torch.rand(fits.shape, generator=generator, device=dev).masked_fill(~fits, -1)
            partner = torch.where(fits.any(1), cand[chance.argmax(1)], chosen)
            u = torch.rand(2, len(chosen), generator=generator, device=dev)
            share = torch.where((u[0] < o["mixup"]) & (partner != chosen), u[1], 1.0)
            b = mix_up(b, Batch(bank.images[partner], bank.labels[partner]), share)
        present = present_sequences(b.images)
        moved = augment(b, space, size=bank.size, generator=generator)
        images = moved.images if look is None else change_appearance(moved.images, look, generator)
        if o["drop"]:
            kept = draw_kept(present[:, :3], odds, generator).repeat(1, images.shape[1] // 3)
        else:
            kept = present
        yield replace(moved, images=images * kept[..., None, None], label_of=lay)


def train(o, bank, rows, seed, device):
    if device.type == "cuda" and not os.environ.get("LAB_EAGER"):
        try:
            return train_once(o, bank, rows, seed, device, graph=True)
        except Exception:
            print("no graph:", traceback.format_exc()[-600:], flush=True)
            torch.cuda.synchronize()
            o = dict(o, steps=int(o["steps"] * 0.45))
    return train_once(o, bank, rows, seed, device, graph=False)


def train_once(o, bank, rows, seed, device, *, graph):
    torch.manual_seed(seed)
    g = torch.Generator(device).manual_seed(seed)
    net = Net(o).to(device, memory_format=torch.channels_last)
    loss = Loss(o).to(device)
    if o["start"]:
        from scarmap.io.weights import read_weights
        from scarmap.systems.scarmap.builtin import WEIGHTS

        net.load_state_dict({k: v.float() for k, v in read_weights(WEIGHTS)[0].items()})
    params = [*net.parameters(), *loss.parameters()]
    cuda = device.type == "cuda"
    lr = torch.tensor(o["lr"], device=device)
    opt = torch.optim.AdamW(params, lr=lr, weight_decay=o["wd"], fused=cuda, capturable=cuda)
    net.train()
    S = 3 * (1 + 2 * o["context"])
    images = torch.zeros(o["batch"], S, bank.size, bank.size, device=device)
    target = torch.zeros(o["batch"], len(TISSUES), bank.size, bank.size, device=device)
    label_of = torch.zeros(o["batch"], len(TISSUES), dtype=torch.int64, device=device)

    def step():
        opt.zero_grad(set_to_none=True)
        with torch.autocast(device.type, torch.bfloat16, enabled=cuda, cache_enabled=False):
            out = net(images)
        total = loss(out, images, target, label_of)
        total.backward()
        torch.nn.utils.clip_grad_norm_(params, 5.0)
        opt.step()
        return total

    side = torch.cuda.Stream() if graph else None
    captured = None
    total = None
    for n, batch in enumerate(batches(bank, rows, o, g)):
        images.copy_(batch.images)
        target.copy_(tissue_shares(batch))
        label_of.copy_(batch.label_of)
        lr.fill_(o["lr"] * one_cycle(n, o["steps"], warm_up=0.15))
        if not graph:
            total = step()
        elif n < 4:
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                step()
            torch.cuda.current_stream().wait_stream(side)
        else:
            if captured is None:
                captured = torch.cuda.CUDAGraph()
                opt.zero_grad(set_to_none=True)
                with torch.cuda.graph(captured):
                    total = step()
            captured.replay()
    return net.eval(), float(total.detach())


def maps_of(net, o, device):
    def one(images):
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            out = net(images)
        logits = out[0] if isinstance(out, tuple) else out
        return sum_over_regions(logits.float().softmax(1), tissues=TISSUE_NAMES, regions=FOUND)

    def whole(images):
        if o["context"]:
            up = torch.cat([images[1:], images[-1:]])
            down = torch.cat([images[:1], images[:-1]])
            images = torch.cat([images, up, down], 1)
        return eight_views(one, images) if o["views"] == 8 else one(images)

    return whole


def dice(a, b):
    s = a.sum() + b.sum()
    return float(2 * (a & b).sum() / s) if s else None


def score(case, maps, placement, o):
    labels = si.compose(restore(torch.from_numpy(maps), placement), threshold=o["threshold"])
    labels = merge(labels, case.layout)
    if o["small"]:
        infarct = region_mask(labels, "whole_infarct")
        parts = ndimage.label(infarct, structure=np.ones((3, 3, 3)))[0]
        small = np.bincount(parts.ravel()) * case.grid.voxel_ml < o["small"]
        small[0] = False
        around = "normal_myocardium" if case.layout == "emidec" else "edema"
        labels = np.where(small[parts], INDEX[around], labels).astype(np.uint8)
    res = {}
    for region in ("lv_pool", "rv_pool", "whole_myocardium", "scar_and_edema", "whole_infarct", "mvo"):
        if not is_defined(region, case.layout):
            continue
        t, p = region_mask(case.labels.array, region), region_mask(labels, region)
        res[region] = [dice(t, p), float(p.sum() * case.grid.voxel_ml), float(t.sum() * case.grid.voxel_ml)]
    return res


SUBSETS = {
    "all": ALL,
    "LGE": ("LGE",),
    "T2": ("T2",),
    "bSSFP": ("bSSFP",),
    "LGE+T2": ("LGE", "T2"),
    "LGE+bSSFP": ("LGE", "bSSFP"),
    "T2+bSSFP": ("T2", "bSSFP"),
}


def evaluate(net, o, cases, windows, device, store, subsets):
    prep = Preparation(
        ALL, o["size"], scale_percentiles, o["spacing"], margin=o["size"] // 4, optional=True, around_heart=True
    )
    seg = Segmenter(prep, "scarmap", FOUND, maps_of(net, o, device), lambda m: m, device)
    results, kept = {}, {}
    for name in windows:
        case, slices = cases[name], windows[name]
        have = [s for s in ALL if s in case.images]
        for sub, wanted in SUBSETS.items():
            if sub not in subsets or (sub != "all" and (len(have) == 1 or not set(wanted) <= set(have))):
                continue
            if o.get("only") and sub not in ("all", o["only"]):
                continue
            names = set(have) & set(wanted) if not o.get("only") else {o["only"]}
            mask = torch.tensor([s in names for s in ALL])[None, :, None, None]
            place = slices.placement
            found = run(slices.images * mask, seg)
            if not os.environ.get("LAB_FEW") and not _settled(slices, found, seg):
                part = replace(case, images={s: i for s, i in case.images.items() if s in names})
                centre = _search(part, seg)
                if centre is not None:
                    moved = prepare(part, prep, centre_share=centre)
                    place = moved.placement
                    found = run(moved.images, seg)
            maps = found.numpy()
            results[f"{name}|{sub}"] = score(case, maps, place, o)
            if sub in store:
                q = np.round(maps * 63).astype(np.uint8)
                on = np.flatnonzero(q[:, 2].max((0, 2)) > 3), np.flatnonzero(q[:, 2].max((0, 1)) > 3)
                box = (
                    [0, q.shape[2], 0, q.shape[3]]
                    if not len(on[0])
                    else [on[0][0], on[0][-1] + 1, on[1][0], on[1][-1] + 1]
                )
                kept[f"{name}|{sub}"] = q[:, :, box[0] : box[1], box[2] : box[3]]
                kept[f"{name}|{sub}|box"] = np.array([*box, *place.centre, *place.resampled])
    return results, kept


def split_names(names):
    """Folds of patients, each data set on its own, so that every fold holds a fifth of either."""
    my = [n for n in names if n.startswith("myops")]
    em = [n for n in names if not n.startswith("myops")]
    return (
        [tuple(a.validation) + tuple(b.validation) for a, b in zip(seeded_folds(my), seeded_folds(em))]
        if my and em
        else [tuple(f.validation) for f in seeded_folds(names)]
    )


def load(data):
    cases = {}
    for f in find_cases(Path(data), labelled=True):
        c = load_case(f, sequences=ALL, labelled=True, optional=True)
        cases[c.name] = c
    return cases


def config(o):
    return (o["size"], o["spacing"])


def prepare_all(args):
    case, size, spacing = args
    torch.set_num_threads(1)
    prep = Preparation(ALL, size, scale_percentiles, spacing, margin=size // 4, optional=True, around_heart=True)
    return fill_bank([case], prep), prepare(replace(case, labels=None), prep)


def join(parts):
    banks = [b for b, _ in parts]
    return replace(
        banks[0],
        images=torch.cat([b.images for b in banks]),
        labels=torch.cat([b.labels for b in banks]),
        cases=sum((b.cases for b in banks), ()),
        label_of=torch.cat([b.label_of for b in banks]),
    )


def anatomy(job, bank_cases, device, out):
    """A row of the anatomy prior, by its own recipe."""
    from scarmap.systems.anatomy_prior.recipe import RECIPES, anatomy_prior
    from scarmap.training.fit import Job, Options, fit
    from scarmap.training.devices import make_fabric
    from scarmap.training.restore import make_segmenter
    from scarmap.inference.predict import segment
    from scarmap.sampling.bank import fill_bank as fb
    from scarmap.datasets.folds import Fold
    from scarmap.training.material import at_one_pixel_size, median_spacing_mm

    row, fold, seed = job["row"], job["fold"], job["seed"]
    o = job["o"]
    recipe = RECIPES[o["recipe"]].recipe(**o["settings"])
    cases = [c for n, c in bank_cases.items() if not n.startswith("myops")]
    cases = [replace(c, images={"LGE": c.images["LGE"]}) for c in cases]
    names = [c.name for c in cases]
    held = recipe.folds(names)[fold]
    held = Fold(tuple(held.train), tuple(held.validation))
    prep = at_one_pixel_size(recipe.preparation, cases)
    bank = replace(fb(cases, prep), label_of=None).to(device)
    fabric = make_fabric("cuda" if device.type == "cuda" else "cpu")
    fabric.launch()
    folder = Path(f"/tmp/labruns/{row}_{fold}_{seed}")
    folder.mkdir(parents=True, exist_ok=True)
    stage = recipe.stages[0]
    model = fit(
        Job(
            stage,
            bank,
            held,
            fold,
            folder,
            fabric,
            Options(seed=seed, epochs_scale=o["scale"], max_steps=o.get("max_steps")),
        ),
        {},
    )
    seg = make_segmenter(
        recipe, [{stage.name: model}], layout="emidec", spacing_mm=median_spacing_mm(cases), device=device
    )
    results = {}
    for c in cases:
        if c.name not in held.validation:
            continue
        found = segment(replace(c, labels=None), seg)
        labels = found.labels.array
        res = {}
        for region in ("lv_pool", "whole_myocardium", "normal_myocardium", "scar", "whole_infarct", "mvo"):
            t, p = region_mask(c.labels.array, region), region_mask(labels, region)
            res[region] = [dice(t, p), float(p.sum() * c.grid.voxel_ml), float(t.sum() * c.grid.voxel_ml)]
        results[f"{c.name}|all"] = res
    log = (folder / "log.csv").read_text() if (folder / "log.csv").is_file() else ""
    return results, log


def worker(jobs, lock_q, data, out, device_name, t_end):
    torch.set_num_threads(1)
    device = torch.device(device_name)
    cases, configs = data
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
    banks = {}
    pace = 0.02
    while True:
        try:
            job = jobs.get(timeout=1)
        except queue.Empty:
            return
        need = job["need"] if "need" in job else job["o"]["steps"] * pace * 1.1 + 25
        if time.time() > t_end - need:
            print("skipped", job["row"], job["fold"], job["seed"], flush=True)
            continue
        began = time.time()
        tag = f"{job['row']}_{job['fold']}_{job['seed']}"
        try:
            if job["kind"] == "anatomy":
                results, log = anatomy(job, cases, device, out)
                (out / f"{tag}.json").write_text(
                    json.dumps(dict(job=job, results=results, seconds=time.time() - began, log=log))
                )
                print(f"[{time.time():.0f}] {tag} {time.time() - began:.0f} s", flush=True)
                continue
            o = job["o"]
            key = config(o)
            if key not in banks:
                banks.clear()
                bank, windows = configs[key]
                banks[key] = (bank.to(device), windows)
            bank, windows = banks[key]
            names = [
                n
                for n in dict.fromkeys(bank.cases)
                if o["data"] == "both" or (n.startswith("myops")) == (o["data"] == "myops2020")
            ]
            held = split_names(list(dict.fromkeys(bank.cases)))[job["fold"]]
            rows = bank.rows([n for n in names if n not in held])
            net, last = train(o, bank, rows, 1000 * job["seed"] + job["fold"], device)
            trained = time.time() - began
            pace = trained / o["steps"]
            own = {n: w for n, w in windows.items() if n in held and n in names}
            if os.environ.get("LAB_FEW"):
                own = dict(list(own.items())[:1] + list(own.items())[-1:])
            with torch.inference_mode():
                results, kept = evaluate(
                    net, o, cases, own, device, job.get("store", ("all",)), job.get("subsets", ("all", "LGE"))
                )
            (out / f"{tag}.json").write_text(
                json.dumps(dict(job=job, results=results, trained=trained, seconds=time.time() - began, loss=last))
            )
            np.savez_compressed(out / f"{tag}.npz", **kept)
            w = [r["whole_myocardium"][0] for k, r in results.items() if k.endswith("|all")]
            print(
                f"[{time.time():.0f}] {tag} trained {trained:.0f} s, all {time.time() - began:.0f} s, loss {last:.3f}, wall {np.mean([x for x in w if x is not None]):.3f}",
                flush=True,
            )
        except Exception:
            print(tag, traceback.format_exc(), flush=True)


def main(what, out, *, limit, workers, device):
    t0 = time.time()
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    plan = plan_of(what)
    cases = load(os.environ["LAB_DATA"])
    print(f"{len(cases)} cases, {time.time() - t0:.1f} s", flush=True)
    jobs = []
    for p in plan:
        if p.get("kind") == "anatomy":
            jobs.append(dict(p, o=p["o"]))
        else:
            jobs.append(dict(p, kind="lab", o={**BASE, **ROWS.get(p["row"], {}), **p.get("o", {})}))
    keys = sorted({config(j["o"]) for j in jobs if j["kind"] == "lab"})
    ctx = mp.get_context("fork")
    import concurrent.futures as cf

    configs = {}
    with cf.ProcessPoolExecutor(min(workers, 16), mp_context=ctx) as pool:
        for size, spacing in keys:
            parts = list(pool.map(prepare_all, [(c, size, spacing) for c in cases.values()]))
            configs[(size, spacing)] = (join(parts), {n: w for n, (_, w) in zip(cases, parts)})
    print(f"prepared {keys} after {time.time() - t0:.1f} s", flush=True)
    todo = ctx.Queue()
    for j in jobs:
        todo.put(j)
    procs = [
        ctx.Process(target=worker, args=(todo, None, (cases, configs), out, device, t0 + limit)) for _ in range(workers)
    ]
    for p in procs:
        p.start()
    while any(p.is_alive() for p in procs) and time.time() < t0 + limit:
        time.sleep(0.5)
    for p in procs:
        if p.is_alive():
            p.terminate()
    print(f"end after {time.time() - t0:.1f} s, {len(list(out.glob('*.json')))} results", flush=True)


def plan_of(what):
    if what == "screen":
        rows = [
            "ap",
            "ap-unweighted",
            *[r for r in ROWS if not r.startswith(("final", "plain-LGE", "plain-T2", "plain-bSSFP", "lge"))],
        ]
        order, steps, folds = [(r, 1) for r in rows], 1500, range(3)
    else:
        order, steps, folds = [("final", 1), ("final", 2), ("plain-myops", 1), ("plain-emidec", 1)], 6000, range(5)
    plan = []
    for f in folds:
        for row, seed in order:
            if row in AP:
                plan.append(dict(AP[row], row=row, kind="anatomy", fold=f, seed=seed, need=90))
                continue
            both = {**BASE, **ROWS[row]}["data"] == "both"
            length = steps * (2 if row == "long" else 1) // (1 if both or what == "screen" else 2)
            job = dict(row=row, fold=f, seed=seed, o=dict(steps=length))
            if row in EVERY:
                job["subsets"] = list(SUBSETS)
                job["store"] = ("all", "LGE")
            plan.append(job)
    return plan


def pack(myops, emidec, out):
    import nibabel as nib

    def crop(a, n):
        s = [max(0, (k - n) // 2) for k in a.shape[:2]]
        return a[s[0] : s[0] + min(n, a.shape[0]), s[1] : s[1] + min(n, a.shape[1])]

    def save(a, i, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        h = i.header.copy()
        h.set_data_dtype(a.dtype)
        h.set_slope_inter(1, 0)
        nib.save(nib.Nifti1Image(np.ascontiguousarray(a), i.affine, h), path)

    for f in sorted(Path(myops).glob("*/*.nii.gz")):
        i = nib.load(f)
        a = np.asarray(i.dataobj)
        if "_gd" not in f.name:
            low, high = np.percentile(a, (0.1, 99.9))
            a = np.round(np.clip((a - low) / (high - low), 0, 1) * 255).astype(np.uint8)
        save(crop(a, 368), i, Path(out) / "myops2020" / f.relative_to(myops))
    for f in sorted(Path(emidec).glob("Case_*/*/*.nii.gz")):
        i = nib.load(f)
        save(crop(np.asarray(i.dataobj), 184).astype(np.uint8), i, Path(out) / "emidec" / f.relative_to(emidec))


if __name__ == "__main__":
    import argparse

    if sys.argv[1] == "pack":
        pack(*sys.argv[2:5])
        sys.exit()
    a = argparse.ArgumentParser()
    a.add_argument("what", choices=["screen", "final"])
    a.add_argument("out")
    a.add_argument("--limit", type=float, default=1e9)
    a.add_argument("--workers", type=int, default=16)
    a.add_argument("--device", default="cuda")
    n = a.parse_args()
    main(n.what, n.out, limit=n.limit, workers=n.workers, device=n.device)
