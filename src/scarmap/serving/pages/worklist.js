// The worklist: every study of the store with its status, figures and flags.

import { again, events, forget, studies } from "./api.js";
import { find, make, moment, short } from "./dom.js";
import { filesOf } from "./gather.js";
import { showReader } from "./initials.js";
import { attempt, question, say, sayTrouble } from "./notice.js";
import { take } from "./uploads.js";

const STATUS = { waiting: "waiting", running: "being segmented", segmented: "segmented", corrected: "corrected", failed: "failed" };
const PAGE = 200;
const query = { search: "", sort: "added", descending: "1", limit: PAGE };
const body = find("studies").tBodies[0];
const unfolded = new Set();
let asked = 0;

async function show() {
  const mine = (asked += 1);
  const found = await studies({ ...query, offset: 0 });
  if (mine !== asked) return; // a later question is on its way
  const held = document.activeElement?.dataset?.hold;
  body.replaceChildren(...found.studies.flatMap(rows));
  if (held) body.querySelector(`[data-hold="${CSS.escape(held)}"]`)?.focus();
  find("count").textContent = counted(found);
  find("none").hidden = found.total > 0;
  find("none").textContent = query.search ? "No study has this in its name." : "No study yet. Drop one onto this page.";
  find("more").hidden = found.studies.length >= found.total;
  for (const head of document.querySelectorAll("th[data-sort]")) {
    const order = head.dataset.sort === query.sort ? (query.descending === "1" ? "descending" : "ascending") : "none";
    head.setAttribute("aria-sort", order);
  }
}

function counted({ total, studies: shown }) {
  const all = total === 1 ? "1 study" : `${total} studies`;
  return shown.length < total ? `${all}, the first ${shown.length} are shown` : all;
}

/** A study's row, and below it what needs the width: its step, what failed, and its flags where they are opened. */
function rows(each) {
  const flagged = unfolded.has(each.id) ? (each.flags ?? []).map(({ text }) => text) : [];
  const told = [each.reason ?? each.step, ...flagged].filter(Boolean);
  if (!told.length) return [row(each)];
  return [row(each), make("tr", { class: "detail" }, make("td", { colspan: "11" }, make("ul", {}, ...told.map((text) => make("li", { text })))))];
}

function row(each) {
  const { figures = {} } = each;
  const readable = each.status === "segmented" || each.status === "corrected";
  return make("tr", { class: each.status },
    make("th", { scope: "row" }, readable
      ? make("a", { href: `/study/${encodeURIComponent(each.id)}`, text: each.name, "data-hold": `open ${each.id}` })
      : each.name),
    make("td", {}, ...status(each)),
    make("td", { text: each.sequences.join(", ") }),
    make("td", { class: "number" }, ...grams(figures?.infarct_g), figures?.infarct_percent == null ? null : make("small", { text: `${short(figures.infarct_percent)} % of LV mass` })),
    make("td", { class: "number" }, ...grams(figures?.edema_g)),
    make("td", { class: "number" }, ...grams(figures?.mvo_g)),
    make("td", { class: "number" }, ...grams(figures?.lv_mass_g)),
    make("td", { class: "text" }, flags(each.flags ?? [], each.id)),
    make("td", { class: "when", text: moment(each.added) }),
    make("td", { class: "number", text: String(each.versions) }),
    make("td", { class: "acts" }, ...acts(each)));
}

const grams = (value) => (value == null ? [make("span", { class: "quiet", title: "not assessable", text: "–" })] : [`${short(value)} g`]);

function status(each) {
  const shown = [make("span", { class: "status", text: STATUS[each.status] ?? each.status })];
  if (each.status === "running") {
    shown.push(make("progress", { max: "1", value: each.progress == null ? null : String(each.progress), "aria-label": `Progress of ${each.name}` }));
  }
  return shown;
}

function flags(all, id) {
  if (!all.length) return null;
  const open = unfolded.has(id);
  return make("button", {
    type: "button", class: "plain", "aria-expanded": String(open), "data-hold": `flags ${id}`, text: all.length === 1 ? "1 flag" : `${all.length} flags`,
    onclick: attempt(() => { (open ? unfolded.delete(id) : unfolded.add(id)); return show(); }),
  });
}

function acts(each) {
  const act = (title, does) => make("button", { type: "button", class: "plain", text: title, "aria-label": `${title}: ${each.name}`, "data-hold": `${title} ${each.id}`, onclick: attempt(does) });
  const found = [];
  if (each.status === "failed") found.push(act("Try again", async () => { await again(each.id); await show(); }));
  if (each.status !== "running") found.push(act("Delete", () => remove(each)));
  return found;
}

async function remove(each) {
  const { answer } = await question(`Delete ${each.name}?`,
    [make("p", { text: "Its images and all its versions go for good. Export what you want to keep first." })],
    [["", "Keep"], ["delete", "Delete"]]);
  if (answer !== "delete") return;
  await forget(each.id);
  await show();
}

function sortBy(head) {
  const same = head.dataset.sort === query.sort;
  query.descending = same ? String(1 - Number(query.descending)) : head.dataset.sort === "name" ? "0" : "1";
  query.sort = head.dataset.sort;
  return show();
}

/** Ask what changed, and show it; a server that was away is asked again, until the session is over. */
async function follow() {
  let now = 0;
  for (;;) {
    try {
      const told = await events(now);
      now = told.now;
      if (told.changed.length) await show();
    } catch (trouble) {
      if (trouble.status === 401) {
        say(trouble.message, { kind: "trouble", stays: true });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
  }
}

function listen() {
  let pause;
  find("search").addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(attempt(() => { query.search = find("search").value.trim(); return show(); }), 200);
  });
  for (const head of document.querySelectorAll("th[data-sort]")) head.querySelector("button").addEventListener("click", attempt(() => sortBy(head)));
  find("more").addEventListener("click", attempt(() => { query.limit += PAGE; return show(); }));
  for (const [button, field] of [["choose-folder", "folder"], ["choose-files", "files"]]) {
    find(button).addEventListener("click", () => find(field).click());
    find(field).addEventListener("change", () => {
      const chosen = [...find(field).files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
      find(field).value = "";
      if (chosen.length) take(chosen).catch(sayTrouble);
    });
  }
  document.addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("over"); });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("over");
    filesOf(event.dataTransfer.items).then(take).catch(sayTrouble);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, select, dialog")) return;
    event.preventDefault();
    find("search").focus();
  });
}

showReader();
listen();
attempt(show)();
follow();
