"""How four scanners name and describe the sequences of a study. Source: public headers and lists.

Descriptions are drawn from several that occur, odd ones among them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Header = Mapping[Any, Any]
GE_SEQUENCE = (0x0019, 0x9C, "GEMS_ACQU_01", "LO")
GE_COMPONENT = (0x0043, 0x2F, "GEMS_PARM_01", "SS")
PHILIPS_TECHNIQUE = (0x2001, 0x20, "Philips Imaging DD 001", "LO")


@dataclass(frozen=True)
class Sequence:
    """One sequence of a vendor.

    Attributes:
        names: Descriptions; one is drawn.
        header: What its images share.
    """

    names: tuple[str, ...]
    header: Header


@dataclass(frozen=True)
class Vendor:
    """A scanner.

    Attributes:
        scanner: Elements of the equipment.
        sequences: By what they are; "LGE magnitude" is missing where one series holds both.
        enhanced: Whether series are multi-frame objects.
        series_per_slice: Whether each slice of a film is a series.
        scale: Philips' scale slope by role, and stored slope; None for others.
    """

    scanner: Header
    sequences: Mapping[str, Sequence]
    enhanced: bool = False
    series_per_slice: bool = False
    philips: bool = False


def _siemens_type(*more: str) -> list[str]:
    return ["ORIGINAL", "PRIMARY", "M", *more, "NORM", "DIS2D"]


def _header(sequence: str, scanning: list[str], **more: Any) -> dict[Any, Any]:
    return {"SequenceName": sequence, "ScanningSequence": scanning, **more}


SIEMENS_SEQUENCES = {
    "localiser": Sequence(
        ("localizer", "trufi_loc_multi_iPAT@c", "LOCATOR_@_ISO", "localizer_trufi_multislice"),
        _header("*tfi2d1", ["GR"], SequenceVariant=["SK", "SP"], EchoTime=1.2, RepetitionTime=280.0,
                FlipAngle=60.0, ImageType=_siemens_type()),
    ),
    "bSSFP": Sequence(
        ("cine_trufi_retro_sax", "SAX_CINE_CS_2_shot", "SHORT_AXIS_EF_CINE", "Trufi_Cine_SAX",
         "tfisp_cine_short_axis"),
        _header("*tfi2d1_10", ["GR"], SequenceVariant=["SK"], EchoTime=1.49, RepetitionTime=34.0,
                FlipAngle=58.0, ImageType=_siemens_type("RETRO"), CardiacNumberOfImages=25),
    ),
    "long axis": Sequence(
        ("4_chamber_cine_trufi_retro", "tfisp_cine_4_chamber", "Trufi_Cine_HLA", "4CH"),
        _header("*tfi2d1_10", ["GR"], SequenceVariant=["SK"], EchoTime=1.49, RepetitionTime=34.0,
                FlipAngle=58.0, ImageType=_siemens_type("RETRO"), CardiacNumberOfImages=25),
    ),
    "LGE": Sequence(
        ("SAX_DE_2D_TI_300_mBH_PSIR", "tfl20_t1_psir_segmented_SHORT_AX_PSIR", "psir_seg_SAX_PSIR",
         "SAX_10_MIN_DME_HIGH_RES_mBH_PSIR"),
        _header("*tfl2d1_25", ["GR", "IR"], SequenceVariant=["SP", "MP"], EchoTime=1.5,
                RepetitionTime=720.0, FlipAngle=25.0, InversionTime=300.0,
                ImageType=_siemens_type("PSIR")),
    ),
    "LGE magnitude": Sequence(
        ("_MAG",),
        _header("*tfl2d1_25", ["GR", "IR"], SequenceVariant=["SP", "MP"], EchoTime=1.5,
                RepetitionTime=720.0, FlipAngle=25.0, InversionTime=300.0,
                ImageType=_siemens_type("MAG")),
    ),
    "T2": Sequence(
        ("sax_(3_views)_t2_stir_db", "tse_t2_spair_sax", "SAX T2w BB FS", "db_t2tse_sax"),
        _header("*tir2d1_21", ["SE", "IR"], SequenceVariant=["SK", "SP", "OSP"], EchoTime=64.0,
                RepetitionTime=1700.0, FlipAngle=180.0, InversionTime=170.0,
                ImageType=_siemens_type()),
    ),
    "T1 source": Sequence(
        ("sax_mid_t1map_precontrast", "T1Map_LongT1_pre_SA", "SAX-mid_MOLLI_PRE_BH"),
        _header("*tfi2d1_72", ["GR", "IR"], SequenceVariant=["SK", "SP"], EchoTime=1.1,
                RepetitionTime=280.0, FlipAngle=35.0, ImageType=_siemens_type()),
    ),
    "T1 map": Sequence(
        ("sax_mid_t1map_precontrast_MOCO_T1", "T1Map_LongT1_SA_MOCO_T1"),
        _header("*tfi2d1_72", ["GR", "IR"], SequenceVariant=["SK", "SP"], EchoTime=1.1,
                RepetitionTime=280.0, FlipAngle=35.0,
                ImageType=["DERIVED", "PRIMARY", "M", "T1 MAP", "MOCO"]),
    ),
    "TI scout": Sequence(
        ("TI-Scout_10_MIN_POST", "ti-scout", "LL_PSIR_scout_sax"),
        _header("*tfi2d1_45", ["GR", "IR"], SequenceVariant=["SK", "SP"], EchoTime=1.1,
                RepetitionTime=24.0, FlipAngle=50.0, ImageType=_siemens_type()),
    ),
}  # fmt: skip


def _ge(sequence: str, scanning: list[str], component: int = 0, **more: Any) -> dict[Any, Any]:
    private = {GE_SEQUENCE: sequence, GE_COMPONENT: component}
    image_type = ["ORIGINAL", "PRIMARY", "OTHER"]
    return {"ScanningSequence": scanning, "ImageType": image_type, **more, **private}


GE_SEQUENCES = {
    "localiser": Sequence(
        ("3-pl_Loc_Fiesta", "3PL_LOC_FIESTA_BH", "LOC_FIESTA_BH"),
        _ge("2dfiesta", ["GR"], EchoTime=1.3, RepetitionTime=3.6, FlipAngle=50.0),
    ),
    "bSSFP": Sequence(
        ("SAX_FIESTA_BH", "SAX_FIESTA_BH_Asset", "Short Axis FIESTA", "SAX_FIESTA_CINE"),
        _ge("2dfiesta", ["GR"], EchoTime=1.5, RepetitionTime=3.4, FlipAngle=50.0,
            CardiacNumberOfImages=20),
    ),
    "long axis": Sequence(
        ("4CH_FIESTA_BH", "LV3CH_FIESTA_BH", "2CH_FIESTA_BH"),
        _ge("2dfiesta", ["GR"], EchoTime=1.5, RepetitionTime=3.4, FlipAngle=50.0,
            CardiacNumberOfImages=20),
    ),
    "LGE": Sequence(
        ("PS:DE_SA_2D_MDE", "PS:SAX_SS_PSMDE", "PS: SAX MDE"),
        _ge("fgre_mde", ["GR", "IR"], EchoTime=3.1, RepetitionTime=6.6, FlipAngle=25.0,
            InversionTime=260.0),
    ),
    "LGE magnitude": Sequence(
        ("MAG:",),
        _ge("fgre_mde", ["GR", "IR"], EchoTime=3.1, RepetitionTime=6.6, FlipAngle=25.0,
            InversionTime=260.0),
    ),
    "T2": Sequence(
        ("SAX_T2_DIRFSE_BH", "SAX_FS_TIRFSE_BH", "SAX_DIRFSE_BH"),
        _ge("fse-xl", ["SE"], EchoTime=82.0, RepetitionTime=1800.0, FlipAngle=90.0),
    ),
    "T1 source": Sequence(
        ("SAX-mid_MOLLI_ARC_PRE_BH", "SMART1Map_SAX-mid_T1Map_ARC_PRE_BH"),
        _ge("2dfiesta", ["GR", "IR"], EchoTime=1.4, RepetitionTime=3.1, FlipAngle=35.0),
    ),
    "T1 map": Sequence(
        ("SAX_T1-map_PRE_BH",),
        {"ScanningSequence": ["GR"], "ImageType": ["DERIVED", "SECONDARY", "T1 MAP"]},
    ),
    "TI scout": Sequence(
        ("CINE_IR", "SAX_MID_TI_SCOUT_CINE_IR", "CINE_IR_2RR"),
        _ge("fgre", ["GR", "IR"], EchoTime=2.1, RepetitionTime=5.0, FlipAngle=20.0),
    ),
}  # fmt: skip


def _philips(technique: str, scanning: list[str], **more: Any) -> dict[Any, Any]:
    private = {PHILIPS_TECHNIQUE: technique}
    return {"PulseSequenceName": technique, "ScanningSequence": scanning, **more, **private}


def _of(*image_type: str, component: str = "MAGNITUDE") -> dict[str, Any]:
    values = [*image_type]
    return {"ImageType": values, "FrameType": values, "ComplexImageComponent": component}


PHILIPS_SEQUENCES = {
    "localiser": Sequence(
        ("SURVEY_BFFE", "Survey_3-plane", "SURVEY_BH"),
        _philips("BFFE", ["GR"], EffectiveEchoTime=1.4, SteadyStatePulseSequence="FREE_PRECESSION",
                 **_of("ORIGINAL", "PRIMARY", "M_FFE", "M")),
    ),
    "bSSFP": Sequence(
        ("sBTFE_BH_M2D", "CINE_SA_bTFE", "SA BTFE 30ph", "sBTFE_BH_SAx"),
        _philips("BTFE", ["GR"], EffectiveEchoTime=1.6, SteadyStatePulseSequence="FREE_PRECESSION",
                 CardiacNumberOfImages=30, **_of("ORIGINAL", "PRIMARY", "M_FFE", "M")),
    ),
    "long axis": Sequence(
        ("sBTFE_BH_4CH", "CINE_VLA_bTFE", "4ch BTFE"),
        _philips("BTFE", ["GR"], EffectiveEchoTime=1.6, SteadyStatePulseSequence="FREE_PRECESSION",
                 CardiacNumberOfImages=30, **_of("ORIGINAL", "PRIMARY", "M_FFE", "M")),
    ),
    "LGE": Sequence(
        ("PSIR_TFE_BH SENSE", "PSIR_SA_BH", "LGE_PSIR_SA", "Delayed enhancement SA"),
        _philips("TFE", ["GR", "IR"], EffectiveEchoTime=3.0, InversionRecovery="YES",
                 InversionTimes=[280.0], **_of("ORIGINAL", "PRIMARY", "CR_IR", "M")),
    ),
    "LGE magnitude": Sequence(
        ("",),
        _philips("TFE", ["GR", "IR"], EffectiveEchoTime=3.0, InversionRecovery="YES",
                 InversionTimes=[280.0], **_of("ORIGINAL", "PRIMARY", "M_IR", "M")),
    ),
    "T2": Sequence(
        ("T2W_SPAIR_SA", "STIR_BB_SA", "T2W_BB_SPAIR_BH SENSE"),
        _philips("TSE", ["SE"], EffectiveEchoTime=80.0, EchoPulseSequence="SPIN",
                 **_of("ORIGINAL", "PRIMARY", "M_SE", "M")),
    ),
    "T1 source": Sequence(
        ("MOLLI_5s(3s)3s_SA", "T1map_SA"),
        _philips("BTFE", ["GR", "IR"], EffectiveEchoTime=1.1, InversionRecovery="YES",
                 **_of("ORIGINAL", "PRIMARY", "M_FFE", "M")),
    ),
    "T1 map": Sequence(
        ("T1map_SA_MOLLI",),
        _philips("BTFE", ["GR", "IR"], EffectiveEchoTime=1.1,
                 **_of("DERIVED", "PRIMARY", "T1 MAP", "T1")),
    ),
    "TI scout": Sequence(
        ("Look_Locker_SA", "8_min_IR_TFE_LL_BH"),
        _philips("TFE", ["GR", "IR"], EffectiveEchoTime=2.0, InversionRecovery="YES",
                 **_of("ORIGINAL", "PRIMARY", "M_FFE", "M")),
    ),
}  # fmt: skip

XA_NAMES = {"SequenceName": "PulseSequenceName", "EchoTime": "EffectiveEchoTime"}


def _xa(sequence: Sequence) -> Sequence:
    """The sequence as software XA writes it: enhanced elements, no ScanningSequence at the root."""
    header = {XA_NAMES.get(name, name): value for name, value in sequence.header.items()}
    scanning = header.pop("ScanningSequence")
    header["EchoPulseSequence"] = "SPIN" if "SE" in scanning else "GRADIENT"
    header["InversionRecovery"] = "YES" if "IR" in scanning else "NO"
    if "InversionTime" in header:
        header["InversionTimes"] = [header.pop("InversionTime")]
    header["FrameType"] = header["ImageType"]
    return Sequence(sequence.names, header)


def _scanner(maker: str, model: str, software: str, tesla: float) -> dict[str, Any]:
    return {
        "Manufacturer": maker,
        "ManufacturerModelName": model,
        "SoftwareVersions": software,
        "DeviceSerialNumber": "00000",
        "MagneticFieldStrength": tesla,
    }


VENDORS: Mapping[str, Vendor] = {
    "siemens": Vendor(
        _scanner("SIEMENS", "Aera", "syngo MR E11", 1.5), SIEMENS_SEQUENCES, series_per_slice=True
    ),
    "siemens-xa": Vendor(
        _scanner("Siemens Healthineers", "MAGNETOM Vida Fit", "syngo MR XA50", 3.0),
        {name: _xa(sequence) for name, sequence in SIEMENS_SEQUENCES.items()},
        enhanced=True,
        series_per_slice=True,
    ),
    "ge": Vendor(_scanner("GE MEDICAL SYSTEMS", "Optima MR450w", "DV26", 1.5), GE_SEQUENCES),
    "philips": Vendor(
        _scanner("Philips Medical Systems", "Ingenia", "5.7.1", 1.5),
        PHILIPS_SEQUENCES,
        enhanced=True,
        philips=True,
    ),
}
