/** The recorder: batches in order, nothing lost, nothing kept back. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { EventRecorder, RejectedEventsError, type BatchEventInput, type RecordableEvent, type RecorderOptions } from "leeway-client";

import { json, lost, problem, rejection, serving, type Answer, type Asked, type Served } from "./server.js";

const note = (text: string): RecordableEvent => ({ type: "note.added", occurred_at: "2024-05-12", data: { text } });
const eventsOf = ({ body }: Asked) => JSON.parse(body) as BatchEventInput[];
const textsOf = (asked: Asked) => eventsOf(asked).map((event) => (event.type === "note.added" ? event.data.text : "?"));

/** All are accepted but those whose text is `bad`. */
const taken: Answer = (response, asked) => {
  const results = textsOf(asked).map((text, index) =>
    text === "bad" ? { index, status: "rejected", problem: { code: "milestone-not-found", detail: "no" } } : { index, status: "accepted" },
  );
  const rejected = results.filter(({ status }) => status === "rejected").length;
  json(207, { accepted: results.length - rejected, duplicates: 0, rejected, results })(response, asked);
};

function recorderOf(served: Served, options: Partial<RecorderOptions> = {}): EventRecorder {
  return new EventRecorder({ client: served.client, plan: "release", source: "ci", batchSize: 2, lingerSeconds: 60, ...options });
}

test("events go in batches, in the order they were recorded", async () => {
  await using served = await serving([taken]);
  const recorder = recorderOf(served);
  for (const text of "abcde") await recorder.record(note(text));
  assert.deepEqual(await recorder.close(), { accepted: 5, duplicates: 0, rejected: 0 });
  assert.deepEqual(served.asked.map(textsOf), [["a", "b"], ["c", "d"], ["e"]]);
});

test("an event gets the plan and source of the recorder and an id of its own, unless it has them", async () => {
  await using served = await serving([taken]);
  const recorder = recorderOf(served);
  await recorder.record(note("a"));
  await recorder.record({ ...note("b"), plan: "other", source: "crew", id: "b-1" });
  await recorder.close();
  const [first, second] = eventsOf(served.asked[0]!);
  assert.deepEqual([first?.plan, first?.source, first?.id.length], ["release", "ci", 32]);
  assert.deepEqual([second?.plan, second?.source, second?.id], ["other", "crew", "b-1"]);
});

test("a few events do not wait for more than they may", async () => {
  await using served = await serving([taken]);
  const recorder = recorderOf(served, { lingerSeconds: 0.05 });
  await recorder.record(note("a"));
  await wait(500);
  assert.deepEqual(served.asked.map(textsOf), [["a"]]);
  await recorder.close();
});

test("whoever records faster than can be sent waits", async () => {
  await using served = await serving([(response, asked) => void setTimeout(() => taken(response, asked), 5)]);
  const recorder = recorderOf(served, { capacity: 4 });
  let most = 0;
  const recorded = Array.from({ length: 40 }, async (_, number) => {
    await recorder.record(note(String(number)));
    most = Math.max(most, recorder.pending);
  });
  await Promise.all(recorded);
  await recorder.close();
  assert.equal(most, 4);
  assert.deepEqual(served.asked.flatMap(textsOf), Array.from({ length: 40 }, (_, number) => String(number)));
});

test("a batch that could not be sent is kept, told of, and sent with the next flush", async () => {
  await using served = await serving([lost, lost, taken], { retries: 0 });
  const recorder = recorderOf(served, { capacity: 2 });
  await recorder.record(note("a"));
  await recorder.record(note("b"));
  await assert.rejects(recorder.flush());
  await assert.rejects(recorder.record(note("c")), "there is no room for it");
  assert.equal(recorder.pending, 2);
  assert.deepEqual(await recorder.close(), { accepted: 2, duplicates: 0, rejected: 0 });
  assert.deepEqual(served.asked.map(textsOf), [["a", "b"], ["a", "b"], ["a", "b"]]);
});

test("events too large for one request go in more of them", async () => {
  await using served = await serving([problem(413, "payload-too-large"), taken]);
  const recorder = recorderOf(served, { batchSize: 4 });
  for (const text of "abcd") await recorder.record(note(text));
  await recorder.close();
  assert.deepEqual(served.asked.map(textsOf), [["a", "b", "c", "d"], ["a", "b"], ["c", "d"]]);
});

test("one event that spoils a batch is refused alone", async () => {
  const spoiled: Answer = (response, asked) => (textsOf(asked).includes("f") ? problem(422, "invalid-request") : taken)(response, asked);
  await using served = await serving([spoiled]);
  const refused: unknown[] = [];
  const recorder = recorderOf(served, { batchSize: 8, onRejected: (event, { problem }) => refused.push([event.id, problem?.code]) });
  for (const text of "abcdefghij") await recorder.record({ ...note(text), id: text });
  assert.deepEqual(await recorder.close(), { accepted: 9, duplicates: 0, rejected: 1 });
  assert.deepEqual(refused, [["f", "invalid-request"]]);
  assert.deepEqual(served.asked.map(textsOf).at(-1), ["g", "h", "i", "j"]); // in whole batches again
});

test("an event too large for any request does not stand in the way", async () => {
  const bounded: Answer = (response, asked) => (asked.body.length > 2_000 ? problem(413, "payload-too-large") : taken)(response, asked);
  await using served = await serving([bounded]);
  const recorder = recorderOf(served);
  await recorder.record(note("x".repeat(3_000)));
  await recorder.record(note("small"));
  assert.ok((await rejection(recorder.flush())) instanceof RejectedEventsError);
  assert.deepEqual(await recorder.close(), { accepted: 1, duplicates: 0, rejected: 1 });
});

test("who goes on to record does not make it ask without pause, and Retry-After is kept", async () => {
  await using served = await serving([problem(429, "too-many-requests", { "retry-after": "30" }), taken]);
  const recorder = recorderOf(served);
  for (const text of "abcdef") {
    await recorder.record(note(text));
    await wait(300);
  }
  assert.equal(served.asked.length, 1);
  assert.equal((await recorder.close()).accepted, 6);
});

test("whoever waits is let go when all is discarded", async () => {
  await using served = await serving([(response, asked) => void setTimeout(() => taken(response, asked), 50)]);
  const recorder = recorderOf(served);
  for (const text of "abcd") await recorder.record(note(text));
  const closed = recorder.close();
  assert.equal(recorder.discard().length, 4);
  await closed;
  assert.deepEqual(served.asked.map(textsOf), [["a", "b"]]);
});

test("a listener that fails keeps nobody from being told of the rest", async () => {
  await using served = await serving([taken]);
  const recorder = recorderOf(served, { onRejected: () => { throw new Error("of the program"); } });
  for (const text of ["bad", "bad", "c"]) await recorder.record(note(text));
  assert.deepEqual(await recorder.close(), { accepted: 1, duplicates: 0, rejected: 2 });
});

test("a service that refuses is not asked without pause", async () => {
  await using served = await serving([problem(401, "unauthorized")]);
  const recorder = recorderOf(served, { lingerSeconds: 0 });
  for (const text of "abcd") await recorder.record(note(text));
  await wait(300);
  assert.equal(served.asked.length, 1);
  assert.equal(recorder.discard().length, 4);
  assert.equal(recorder.pending, 0);
});

test("refused events are thrown by flush, once, with the reasons", async () => {
  await using served = await serving([taken]);
  const recorder = recorderOf(served);
  for (const text of ["a", "bad"]) await recorder.record(note(text));
  const error = await rejection(recorder.flush());
  assert.ok(error instanceof RejectedEventsError);
  assert.deepEqual([error.events.length, error.results[0]?.problem?.code], [1, "milestone-not-found"]);
  assert.deepEqual(await recorder.close(), { accepted: 1, duplicates: 0, rejected: 1 });
});

test("refused events are told of instead, if somebody listens", async () => {
  await using served = await serving([taken]);
  const refused: unknown[] = [];
  const recorder = recorderOf(served, { onRejected: (event, result) => refused.push([event.type, result.problem?.code]) });
  await recorder.record(note("bad"));
  await recorder.close();
  assert.deepEqual(refused, [["note.added", "milestone-not-found"]]);
});

test("a closed recorder takes nothing", async () => {
  await using served = await serving([taken]);
  const recorder = recorderOf(served);
  await recorder.close();
  await assert.rejects(recorder.record(note("a")), /closed/);
});

test("what waits when a page is left goes with it, as far as it may", async () => {
  await using served = await serving([taken]);
  const page = new EventTarget();
  const recorder = recorderOf(served, { batchSize: 100, page });
  for (let number = 0; number < 40; number++) await recorder.record(note("x".repeat(2_000)));
  page.dispatchEvent(new Event("pagehide"));
  while (served.asked.length === 0) await wait(5);
  const { length } = served.asked[0]!.body;
  assert.ok(length > 55_000 && length <= 60_000, String(length));
  await recorder.close();
});

/** Runs leaving.ts against this server; answers its exit status. */
async function left(served: Served): Promise<number> {
  const script = fileURLToPath(new URL("leaving.js", import.meta.url));
  const { baseUrl = "" } = served.client.getConfig();
  return promisify(execFile)(process.execPath, [script, baseUrl]).then(() => 0, (error: { code: number }) => error.code);
}

test("a process that ends sends what waits", async () => {
  await using served = await serving([taken]);
  assert.equal(await left(served), 0);
  assert.deepEqual(served.asked.map(textsOf), [["a", "b"], ["c"]]);
});

test("a process whose events were refused ends with an error", async () => {
  const refused: Answer = (response, asked) => {
    const results = eventsOf(asked).map((_, index) => ({ index, status: "rejected", problem: { code: "plan-not-found", detail: "no" } }));
    json(207, { accepted: 0, duplicates: 0, rejected: results.length, results })(response, asked);
  };
  await using served = await serving([refused]);
  assert.equal(await left(served), 1);
});

test("a process that cannot send what waits ends with an error", async () => {
  await using served = await serving([problem(401, "unauthorized")]);
  assert.equal(await left(served), 1);
});
