// What the server is asked, and how a refusal is told. Nothing else in the pages makes a request.

/** A request that was refused, or that found no server; `message` is a sentence for people. */
export class Refusal extends Error {
  /** @param {number} status 0 where no server answered. */
  constructor(status, body) {
    super(body?.detail ?? (status ? `The server refused this (${status}).` : "The server does not answer."));
    this.status = status;
    this.body = body ?? {};
  }
}

async function ask(path, { method = "GET", json } = {}) {
  const options = { method, credentials: "same-origin", headers: {} };
  if (json !== undefined) {
    options.body = JSON.stringify(json);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refusal(0);
  }
  if (!response.ok) throw new Refusal(response.status, await response.json().catch(() => null));
  return response;
}

const get = async (path) => (await ask(path)).json();
const bytes = async (path) => (await ask(path)).arrayBuffer();
const send = async (method, path, json) => {
  const response = await ask(path, { method, json });
  const text = await response.text();
  return text ? JSON.parse(text) : {};
};
const of = (study) => `/api/studies/${encodeURIComponent(study)}`;

export const session = () => get("/api/session");
export const studies = (query) => get(`/api/studies?${new URLSearchParams(query)}`);
export const events = (after) => get(`/api/events?after=${after}`);
export const study = (id) => get(of(id));
export const forget = (id) => send("DELETE", of(id));
export const again = (id) => send("POST", `${of(id)}/again`);

/** Stored values, slice after slice. The server writes them little endian, as every machine with a browser reads them. */
export const image = async (id, sequence) => new Uint16Array(await bytes(`${of(id)}/images/${encodeURIComponent(sequence)}`));
export const mask = async (id, version) => new Uint8Array(await bytes(`${of(id)}/versions/${version}/mask`));
export const figures = (id, version) => get(`${of(id)}/versions/${version}/figures`);
export const keep = (id, json) => send("POST", `${of(id)}/versions`, json);
export const restore = (id, version, author) => send("POST", `${of(id)}/versions/${version}/restore`, { author });
export const sign = (id, version, author) => send("POST", `${of(id)}/versions/${version}/sign`, { author });

export const drafts = (id) => get(`${of(id)}/drafts`);
export const openDraft = (id, basedOn, author) => send("POST", `${of(id)}/drafts`, { based_on: basedOn, author });
export const draftMask = async (draft) => new Uint8Array(await bytes(`/api/drafts/${draft}/mask`));
export const putSlices = (draft, slices, stroke) => send("PUT", `/api/drafts/${draft}/slices`, { slices, stroke });
export const dropDraft = (draft) => send("DELETE", `/api/drafts/${draft}`);
export const threshold = (draft, query) => get(`/api/drafts/${draft}/threshold?${new URLSearchParams(query)}`);

export const compare = (a, b) => get(`/api/compare?${new URLSearchParams({ a, b })}`);

export const models = () => get("/api/models");
export const useModel = (name) => send("POST", `/api/models/${encodeURIComponent(name)}/use`);
export const learning = () => get("/api/learn");
export const learn = (json) => send("POST", "/api/learn", json);
export const stopLearning = () => send("POST", "/api/learn/stop");

/** A file of a version, with the name that the server gives it. */
export async function exported(id, version, kind) {
  const response = await ask(`${of(id)}/versions/${version}/export/${kind}`);
  const named = /filename="?([^";]+)"?/.exec(response.headers.get("Content-Disposition") ?? "");
  return { name: named?.[1] ?? `${kind}-${version}`, file: await response.blob() };
}

/**
 * Send the files of a new study.
 * @param {FormData} form @param {(part: number) => void} tell part of the bytes that are sent, 0 to 1.
 */
export function upload(form, tell) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/studies");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => tell(event.lengthComputable ? event.loaded / event.total : 0));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(request.response);
      else reject(new Refusal(request.status, request.response));
    });
    request.addEventListener("error", () => reject(new Refusal(0)));
    request.send(form);
  });
}
