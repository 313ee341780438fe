"""Where each setting and constant of MFU-Net comes from, for `scarmap recipes show`."""

SOURCES = {
    "fusion, attention, resampling": "paper, Table 1: on in its first row",
    "backbone": (
        "paper, Tables 1 and 2; residual: He et al. 2016, as the released branch cannot run; "
        "dilations 1, 2, 4: choice; side: released code"
    ),
    "width": "released code: 64, doubled at each of four levels",
    "schedule": (
        "published: released scripts of Tables 1 and 2; alternating: paper, section 3.2; modern: "
        "choice"
    ),
    "pretraining": "paper, section 4; off for the tables: released scripts",
    "pretraining: network, epochs, learning rate": (
        "choice after MMSDNet, which the paper names; released scripts: 50, 1e-4"
    ),
    "folds": "paper, section 4.1: five; their order: released code",
    "postprocessing": "released code",
    "sequences": "paper, section 2: LGE, T2, bSSFP",
    "layout": "paper: MyoPS 2020; emidec: choice",
    "size": "paper, section 4: 288; emidec 192, modern 192 and 128: choice",
    "spacing_mm": "paper: the images' own; modern on MyoPS 1 mm: choice",
    "intensity": (
        "released code: percentiles 5 and 95 of bSSFP, all to [-1, 1]; modern: standardised, choice"
    ),
    "attention_variant": (
        "paper, section 2.1; figure: paper, Fig. 4; released: released code; kernels: choice"
    ),
    "loss": (
        "balanced: choice, the nearest to the text that was seen to learn; paper: section 4, as "
        "printed but for the Tversky loss's mends; released: released code; dice-cross-entropy: "
        "choice"
    ),
    "weights": "paper, section 4: 1, 3, 5; released code: 1, 3, 7; modern 1, 1, 1: choice",
    "beta": (
        "released code: 0.7, weighing missed pixels as the paper's formula has it; released: 0.3, "
        "since the code weighs false pixels"
    ),
    "loss: gamma": "released code: 2",
    "focal_scale": "paper: the two losses have the same weight",
    "outside_penalty, auxiliary_weight": ("paper: none; released code: 0.5, and 0.1 counted twice"),
    "optimizer, batch size": "released code: Adam; paper, section 3.1: 4 slices of 288 pixels",
    "learning rates": (
        "paper, section 3.2: 1e-4, then 9e-5 to 4e-5; tenfold decay over a phase: released code"
    ),
    "epochs": "released scripts: 150; alternating: paper, section 3.2: 50, 40, 30, 20, 15, 10",
    "patience": "released scripts: 55; alternating: 25, 15, 10, 5, 5",
    "augmentation": "released scripts: turns to 90 degrees, flips, shifts to 15 %; paper: none",
    "resampling: sizes": "paper, section 3.1 and Fig. 6: 96 to 288 in steps of 16",
    "resampling: number of patches": "paper, section 3.1: the pixels of 4 full slices",
    "resampling: share on pathology": "paper, section 3.1: 0.89; modern 0.33: choice",
    "resampling: centre without pathology": "released code: wall or cavity",
    "modern: learning rate, epochs, augmentation, views": "choice",
}
