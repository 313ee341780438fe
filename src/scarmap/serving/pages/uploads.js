// The way of files to the server: what they are is confirmed, then each study is sent after the other, with a bar.

import { upload } from "./api.js";
import { find, make, short } from "./dom.js";
import { gather } from "./gather.js";
import { question, say } from "./notice.js";

const SEQUENCES = [["LGE", "LGE"], ["T2", "T2"], ["bSSFP", "bSSFP (cine)"], ["mask", "Mask"], ["", "Leave out"]];
/** How masks number the tissues. */
const LAYOUTS = [["scarmap", "scarmap: 1 pool, 2 RV, 3 wall, 4 edema, 5 scar, 6 no-reflow"], ["emidec", "EMIDEC: 1 pool, 2 wall, 3 scar, 4 no-reflow"], ["myops2020", "MyoPS: 500 pool, 600 RV, 200 wall, 1220 edema, 2221 scar"]];
const KINDS = { dicom: "DICOM", zip: "zip of DICOM", nifti: "NIfTI" };

let queue = Promise.resolve();

/** Ask what the files are, and send them. @param {{path, file}[]} entries */
export async function take(entries) {
  const groups = gather(entries);
  if (!groups.length) {
    say("No file was found in what you dropped.", { kind: "trouble" });
    return;
  }
  const { answer, fields } = await question(
    groups.length === 1 ? "Add this study?" : `Add these ${groups.length} studies?`,
    [make("p", { class: "note", text: "A name is a pseudonym of letters, digits, - _ and . that you choose. Without one the store makes one." }),
      make("div", { class: "groups" }, ...groups.map(described))],
    [["add", "Add"], ["", "Cancel"]],
  );
  if (answer !== "add") return;
  groups.forEach((group, place) => {
    const files = group.files.map((each, index) => ({ ...each, sequence: fields[`sequence-${place}-${index}`] }));
    const chosen = { ...group, layout: fields[`layout-${place}`], name: (fields[`name-${place}`] ?? "").trim(), files };
    queue = queue.then(() => sendOne(chosen));
  });
}

function described(group, place) {
  const megabytes = group.files.reduce((sum, each) => sum + each.file.size, 0) / 1e6;
  const files = group.files.length === 1 ? "1 file" : `${group.files.length} files`;
  return make("fieldset", {},
    make("legend", { text: group.title }),
    make("p", { class: "note", text: `${KINDS[group.kind]}, ${files}, ${short(megabytes)} MB` }),
    make("label", {}, "Name ", make("input", { name: `name-${place}`, autocomplete: "off", pattern: "[A-Za-z0-9._\\-]{1,64}", title: "Letters, digits, - _ and ." })),
    ...(group.kind === "nifti" ? niftiFields(group, place) : []));
}

/** What each file holds, and the numbers of a mask, which are asked only where there is one. */
function niftiFields(group, place) {
  const layout = make("label", { class: "sequence" }, make("span", { text: "Numbers of the mask" }),
    make("select", { name: `layout-${place}` }, ...LAYOUTS.map(([value, text]) => make("option", { value, text }))));
  const fields = make("div", {}, ...group.files.map((each, index) => sequenceField(each, `sequence-${place}-${index}`)), layout);
  const show = () => { layout.hidden = ![...fields.querySelectorAll("select")].some((choice) => choice.value === "mask"); };
  fields.addEventListener("change", show);
  show();
  return [fields];
}

function sequenceField(each, name) {
  const choice = make("select", { name }, ...SEQUENCES.map(([value, text]) => make("option", { value, text, selected: value === each.sequence })));
  return make("label", { class: "sequence" }, make("span", { text: each.file.name }), choice);
}

async function sendOne(group) {
  const form = new FormData();
  form.append("kind", group.kind);
  if (group.name) form.append("name", group.name);
  if (group.kind === "nifti") form.append("layout", group.layout);
  for (const each of group.files) {
    if (group.kind === "nifti" && !each.sequence) continue;
    if (group.kind === "nifti") form.append("sequence", each.sequence);
    form.append("file", each.file, each.path);
  }
  const bar = make("progress", { max: "1", value: "0", "aria-label": `Sending ${group.title}` });
  const line = make("li", {}, make("span", { text: group.name || group.title }), bar);
  find("uploads").append(line);
  try {
    await upload(form, (part) => { bar.value = part; });
    say(`${group.name || group.title} is in the store. It waits for its masks.`);
  } catch (trouble) {
    say(`${group.title}: ${trouble.message}`, { kind: "trouble", stays: true });
  }
  line.remove();
}
