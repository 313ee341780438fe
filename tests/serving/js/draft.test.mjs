import assert from "node:assert/strict";
import { test } from "node:test";
import { Draft } from "../../../src/scarmap/serving/pages/draft.js";

/** A server of which each answer waits until the test lets it go. */
function server() {
  const asked = [];
  const put = (id, slices, stroke) => new Promise((resolve, reject) => asked.push({ id, slices, stroke, resolve, reject }));
  return { asked, put, open: async () => ({ draft: "d1" }) };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

function draftOn(ways, state) {
  const draft = new Draft({ ...ways, runs: (slice) => [state[slice]], changed: () => [0, 1], pause: 1 });
  draft.start(3);
  return draft;
}

test("one request at a time, then the newest state of all that changed", async () => {
  const ways = server();
  const state = { 0: "a", 1: "b" };
  const draft = draftOn(ways, state);
  draft.mark([0]);
  await turn();
  state[0] = "later";
  draft.mark([0]);
  draft.mark([1]);
  await turn();
  assert.equal(ways.asked.length, 1);
  ways.asked[0].resolve({ stroke: 1 });
  await turn();
  assert.deepEqual(ways.asked[1].slices, { 0: ["later"], 1: ["b"] });
  ways.asked[1].resolve({ stroke: 2 });
  await draft.settled();
  assert.equal(draft.state, "kept");
});

test("a server that is away is asked again, and no stroke is lost", async () => {
  const ways = server();
  const draft = draftOn(ways, { 2: "c" });
  const states = [];
  draft.addEventListener("state", (event) => states.push(event.detail));
  draft.mark([2]);
  await turn();
  ways.asked[0].reject({ status: 0 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(ways.asked[1].slices, { 2: ["c"] });
  ways.asked[1].resolve({ stroke: 2 });
  await draft.settled();
  assert.deepEqual(states, ["sending", "away", "sending", "kept"]);
});

test("a refusal is told when the draft is to be saved, and sent again with the next stroke", async () => {
  const ways = server();
  const draft = draftOn(ways, { 0: "a", 1: "b" });
  draft.mark([0]);
  await turn();
  ways.asked[0].reject({ status: 422, message: "no" });
  await assert.rejects(draft.settled(), { message: "no" });
  draft.mark([1]);
  await turn();
  assert.deepEqual(ways.asked[1].slices, { 0: ["a"], 1: ["b"] });
  ways.asked[1].resolve({ stroke: 2 });
  await draft.settled();
});

test("figures are told, those of an earlier stroke are not", async () => {
  const ways = server();
  const draft = draftOn(ways, { 0: "a" });
  const told = [];
  draft.addEventListener("figures", (event) => told.push(event.detail.stroke));
  draft.mark([0]);
  await turn();
  ways.asked[0].resolve({ stroke: 99 });
  await draft.settled();
  draft.mark([0]);
  await turn();
  ways.asked[1].resolve({ stroke: 2 });
  await draft.settled();
  assert.deepEqual(told, [2]);
});

test("a draft that was thrown away elsewhere begins anew, with all that differs from its version", async () => {
  const ways = server();
  const draft = draftOn(ways, { 0: "a", 1: "b" });
  draft.mark([0]);
  await turn();
  ways.asked[0].resolve({ stroke: 1 });
  await draft.settled();
  ways.open = async () => ({ draft: "d2" });
  draft.ways.open = ways.open;
  draft.mark([1]);
  await turn();
  ways.asked[1].reject({ status: 404 });
  await turn();
  assert.equal(ways.asked[2].id, "d2");
  assert.deepEqual(ways.asked[2].slices, { 0: ["a"], 1: ["b"] });
  ways.asked[2].resolve({ stroke: 3 });
  await draft.settled();
});
