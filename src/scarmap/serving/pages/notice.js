// Short messages at the foot of the page, read out as well; and questions.

import { find, make } from "./dom.js";

/**
 * Show a message.
 * @param {string} text
 * @param {{kind?: "said"|"trouble", actions?: [string, () => void][], stays?: boolean}} options
 * @returns {HTMLElement} which can be removed.
 */
export function say(text, { kind = "said", actions = [], stays = false } = {}) {
  const close = () => box.remove();
  const box = make(
    "div",
    { class: `notice ${kind}`, role: kind === "trouble" ? "alert" : "status" },
    make("p", { text }),
    ...actions.map(([title, act]) => make("button", { type: "button", text: title, onclick: () => { close(); act(); } })),
    make("button", { type: "button", class: "plain", "aria-label": "Close this message", text: "×", onclick: close }),
  );
  find("notices").append(box);
  while (find("notices").children.length > 4) find("notices").firstChild.remove();
  if (!stays && !actions.length) setTimeout(close, kind === "trouble" ? 15000 : 5000);
  return box;
}

/** Show why something failed. */
export const sayTrouble = (trouble) => say(trouble.message ?? String(trouble), { kind: "trouble" });

/** Run something, and show why it failed. @returns {(...args) => Promise<unknown>} */
export const attempt = (act) => async (...values) => {
  try {
    return await act(...values);
  } catch (trouble) {
    sayTrouble(trouble);
    return null;
  }
};

/**
 * Ask a question in a dialog.
 * @param {string} title
 * @param {Node[]} content fields with a `name`.
 * @param {[string, string][]} answers value and title of each button, the usual one first.
 * @returns {Promise<{answer: string, fields: Object<string, string>}>} answer "" where the dialog was left by Escape.
 */
export function question(title, content, answers) {
  const buttons = answers.map(([value, text], place) =>
    make("button", { value, text, class: place ? null : "main", formnovalidate: place ? true : null }));
  const form = make("form", { method: "dialog" }, make("h2", { text: title }), ...content, make("div", { class: "answers" }, ...buttons));
  const dialog = make("dialog", { "aria-label": title }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const fields = Object.fromEntries(new FormData(form));
      dialog.remove();
      resolve({ answer: dialog.returnValue, fields });
    });
  });
}
