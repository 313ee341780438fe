// Versions of a study: none is lost, each can be opened, compared, restored, signed and exported.

import { exported, restore, sign } from "./api.js";
import { find, make, moment } from "./dom.js";
import { initials } from "./initials.js";
import { attempt, say } from "./notice.js";

const KINDS = { model: "Model", reader: "Reader", import: "Given mask" };
const FILES = [["nifti", "NIfTI"], ["seg", "DICOM SEG"], ["sr", "DICOM SR"], ["pdf", "PDF"], ["page", "Page"]];

/**
 * Show the versions, the newest first, and why one did not reach the archive.
 * @param {object} study @param {number} shown number of the version on the desk.
 * @param {{open: (number: number) => void, changed: () => void}} acts open another one; look at the study again.
 */
export function showVersions(study, shown, acts) {
  find("reason").textContent = study.reason ?? "";
  find("reason").hidden = !study.reason;
  find("versions").replaceChildren(...[...study.versions].reverse().map((version) => entry(study, version, shown, acts)));
}

function entry(study, version, shown, acts) {
  const current = version.number === shown;
  const who = version.author ? `${KINDS[version.kind] ?? version.kind}, ${version.author}` : KINDS[version.kind] ?? version.kind;
  const name = `version ${version.number}`;
  const sent = study.peer && study.kind === "dicom"; // to the archive, by a sign
  const act = (title, does) => make("button", { type: "button", class: "plain", text: title, "aria-label": `${title} ${name}`, onclick: attempt(does) });
  return make("li", { class: current ? "version current" : "version", "aria-current": current ? "true" : null, "data-version": version.number },
    make("p", {}, make("strong", { text: `${version.number} · ${who}` }), make("span", { class: "quiet", text: ` ${moment(version.made)}` })),
    version.with ? make("p", { class: "note", text: `With ${[version.with].flat().join(", ")}${version.based_on ? `, from version ${version.based_on}` : ""}` }) : null,
    version.note ? make("p", { class: "note", text: version.note }) : null,
    version.signed_by ? make("p", { class: "signed", text: `Signed by ${version.signed_by}, ${moment(version.signed_at)}` }) : null,
    make("div", { class: "acts" },
      current ? make("span", { class: "quiet", text: "on the desk" }) : act("Open", () => acts.open(version.number)),
      current ? null : make("a", { href: `/compare/${encodeURIComponent(study.id)}?a=${version.number}&b=${shown}`, text: "Compare", "aria-label": `Compare ${name} with the one on the desk` }),
      version.number === study.latest ? null : act("Restore", () => bringBack(study, version, acts)),
      version.signed_by && !sent ? null : act(version.signed_by ? "Sign again" : "Sign", () => signed(study, version, acts)),
      files(study, version, name)));
}

function files(study, version, name) {
  return make("details", { class: "files" }, make("summary", { text: "Export", "aria-label": `Export ${name}` }),
    make("div", {}, ...FILES.map(([kind, title]) => make("button", {
      type: "button", class: "plain", text: title, "aria-label": `${title} of ${name}`, onclick: attempt(() => hand(study.id, version.number, kind)),
    }))));
}

/** Give a file of a version to the reader. */
async function hand(id, number, kind) {
  const { name, file } = await exported(id, number, kind);
  const address = URL.createObjectURL(file);
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

async function bringBack(study, version, acts) {
  const author = await initials();
  if (!author) return;
  const { number } = await restore(study.id, version.number, author);
  say(`Version ${number} holds what version ${version.number} held.`);
  await acts.changed();
  await acts.open(number);
}

async function signed(study, version, acts) {
  const author = await initials();
  if (!author) return;
  await sign(study.id, version.number, author);
  say(`Version ${version.number} is signed.`);
  await acts.changed();
}
