import assert from "node:assert/strict";
import { test } from "node:test";
import { gather, guessSequence } from "../../../src/scarmap/serving/pages/gather.js";

const entry = (path) => ({ path, file: { name: path.split("/").at(-1), size: 10 } });
const told = (groups) => groups.map(({ title, kind, files }) => [title, kind, files.length]);

test("each dropped folder is a study, each zip is one, loose files are one together", () => {
  const groups = gather(["p1/a/IM1", "p1/b/IM2", "p2/IM1", "x.zip", "y.zip", "IM7", "IM8"].map(entry));
  assert.deepEqual(told(groups), [["p1", "dicom", 2], ["p2", "dicom", 1], ["x.zip", "zip", 1], ["y.zip", "zip", 1], ["DICOM files", "dicom", 2]]);
});

test("NIfTI files are one study, without the notes beside them and what systems leave", () => {
  const groups = gather(["case/lge.nii.gz", "case/t2.nii", "case/readme.txt", ".DS_Store", "__MACOSX/x"].map(entry));
  assert.deepEqual(told(groups), [["case", "nifti", 2]]);
  assert.deepEqual(groups[0].files.map(({ sequence }) => sequence), ["LGE", "T2"]);
});

test("sequences are guessed from whole words of the name", () => {
  const names = ["case_C0.nii.gz", "p1-T2.nii", "p1_gd.nii.gz", "x_LGE.nii", "cat2.nii", "cine_sa.nii"];
  assert.deepEqual(names.map(guessSequence), ["bSSFP", "T2", "mask", "LGE", "LGE", "bSSFP"]);
});
