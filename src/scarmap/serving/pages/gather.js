// From dropped files to studies: each dropped folder and each zip is one, loose files of a kind are one together.

const NIFTI = /\.nii(\.gz)?$/i;
const ZIP = /\.zip$/i;

/** Which sequence a NIfTI file holds, guessed from its name; the reader confirms it. */
export function guessSequence(name) {
  const words = name.replace(NIFTI, "").toLowerCase().split(/[^a-z0-9]+/);
  const has = (...known) => words.some((word) => known.includes(word));
  if (has("mask", "seg", "label", "labels", "gd", "gt", "manual")) return "mask";
  if (has("t2", "stir", "t2w")) return "T2";
  if (has("c0", "bssfp", "cine", "ssfp")) return "bSSFP";
  return "LGE";
}

/**
 * Group files into studies.
 * @param {{path: string, file: {name: string, size: number}}[]} entries path as it was dropped, "folder/IM0001".
 * @returns {{title: string, kind: "dicom"|"zip"|"nifti", files: {path, file, sequence?}[]}[]}
 */
export function gather(entries) {
  const groups = new Map();
  const add = (key, title, kind, entry) => {
    if (!groups.has(key)) groups.set(key, { title, kind, files: [] });
    groups.get(key).files.push(entry);
  };
  for (const entry of entries.filter((each) => !hidden(each.path))) {
    const top = entry.path.includes("/") ? entry.path.split("/")[0] : "";
    const name = entry.path.split("/").at(-1);
    if (ZIP.test(name)) add(`zip ${entry.path}`, name, "zip", entry);
    else if (NIFTI.test(name)) add(`nifti ${top}`, top || "NIfTI files", "nifti", { ...entry, sequence: guessSequence(name) });
    else add(`dicom ${top}`, top || "DICOM files", "dicom", entry);
  }
  return withoutCompanions([...groups.values()]);
}

/** Files that systems leave beside others, such as .DS_Store. */
const hidden = (path) => path.split("/").some((part) => part.startsWith(".") || part === "__MACOSX");

/** A folder of NIfTI files often holds notes beside them, which are no DICOM study of their own. */
function withoutCompanions(groups) {
  const nifti = new Set(groups.filter((group) => group.kind === "nifti").map((group) => group.title));
  return groups.filter((group) => group.kind !== "dicom" || !nifti.has(group.title));
}

/** Every file of dropped things, folders walked. @param {DataTransferItemList} items */
export async function filesOf(items) {
  // All are asked before the first pause, for the browser forgets what was dropped.
  const dropped = [...items].filter((item) => item.kind === "file");
  const entries = dropped.map((item) => item.webkitGetAsEntry?.() ?? null);
  const found = dropped.map((item) => item.getAsFile()).filter((file, place) => file && !entries[place]);
  const all = found.map((file) => ({ path: file.name, file }));
  const waiting = entries.filter(Boolean);
  while (waiting.length) {
    const entry = waiting.shift();
    if (entry.isDirectory) waiting.push(...(await inside(entry)));
    else all.push({ path: entry.fullPath.replace(/^\//, ""), file: await new Promise((resolve, reject) => entry.file(resolve, reject)) });
  }
  return all;
}

/** Entries of a folder; a reader hands them over a hundred at a time, and nothing at the end. */
async function inside(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}
