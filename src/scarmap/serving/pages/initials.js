// Who reads: initials, asked once and kept in this browser.

import { find, make } from "./dom.js";
import { question } from "./notice.js";

const PLACE = "scarmap-initials";

/** Initials that are known, or "". */
export const known = () => localStorage.getItem(PLACE) ?? "";

/** Initials of the reader; asked where they are not known. @returns {Promise<string|null>} null where none were given. */
export async function initials({ anew = false } = {}) {
  if (known() && !anew) return known();
  const field = make("input", { name: "initials", required: true, maxlength: "8", pattern: "[\\p{L}\\p{N}]{1,8}", value: known(), autocomplete: "off" });
  const { answer, fields } = await question(
    "Who is reading?",
    [
      make("p", { text: "Your initials stand beside each version that you save. They are asked once and kept in this browser." }),
      make("label", {}, "Initials ", field),
    ],
    [["kept", "Keep"], ["", "Not now"]],
  );
  const given = (fields.initials ?? "").trim();
  if (answer !== "kept" || !given) return null;
  localStorage.setItem(PLACE, given);
  showReader();
  return given;
}

/** Show the reader on top of the page; a click asks anew. */
export function showReader() {
  const button = find("reader");
  button.textContent = known() ? `Reader ${known()}` : "Reader: not named";
  button.onclick = () => initials({ anew: true });
}
