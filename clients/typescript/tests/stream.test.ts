/** The stream: nothing twice, nothing left out, however often it is cut off. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { follow, type FollowOptions } from "leeway-client";

import { lost, problem, serving, type Answer, type Served } from "./server.js";

const READY = 'event: ready\ndata: {}\nid: c0\nretry: 1\n\n';
const closing = (reason: string, id: string) => `event: closing\ndata: {"reason": "${reason}"}\nid: ${id}\n\n`;
const item = (number: number) => `event: deviation.opened\ndata: {"id": "${number}",\ndata: "plan": null}\nid: c${number}\n\n`;

/** Events in pieces as small as they come; the connection ends after them, or stays. */
function events(text: string, { isOpen = false, piece = 7 } = {}): Answer {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let at = 0; at < text.length; at += piece) response.write(text.slice(at, at + piece));
    if (!isOpen) response.end();
  };
}

async function followed(served: Served, count = Infinity, options: Partial<FollowOptions> = {}): Promise<string[]> {
  const seen: string[] = [];
  for await (const { item, cursor } of follow({ client: served.client, ...options })) {
    assert.equal(cursor, `c${item.id}`);
    if (seen.push(item.id) === count) break;
  }
  return seen;
}

const resumedFrom = (served: Served) => served.asked.map(({ headers }) => headers["last-event-id"]);

test("items come one by one, and it ends when its time is over", async () => {
  await using served = await serving([events(READY + item(1) + ":\n\n" + item(2) + closing("time_over", "c2"))]);
  assert.deepEqual(await followed(served, Infinity, { query: { seconds: 0, plan: "release" } }), ["1", "2"]);
  assert.equal(served.asked[0]?.path, "/v1/feed/stream?seconds=0&plan=release");
  assert.equal(served.asked[0]?.headers.authorization, "Bearer lw_test");
});

test("a lost connection is made again where it was", async () => {
  await using served = await serving([
    events(READY + item(1) + item(2).slice(0, -1)), // the last line is missing: it has not come
    lost,
    events(READY.replace("c0", "c1") + closing("shutdown", "c1")),
    events(READY.replace("c0", "c1") + item(2).replaceAll("\n", "\r\n") + closing("overflow", "c2")),
    events(item(3), { isOpen: true }),
  ]);
  assert.deepEqual(await followed(served, 3), ["1", "2", "3"]);
  assert.deepEqual(resumedFrom(served), [undefined, "c1", "c1", "c1", "c2"]);
});

test("who comes back gives the last cursor", async () => {
  await using served = await serving([events(READY + item(5), { isOpen: true })]);
  assert.deepEqual(await followed(served, 1, { after: "c4" }), ["5"]);
  assert.deepEqual(resumedFrom(served), ["c4"]);
});

test("a silent connection is dropped and made again", async () => {
  await using served = await serving([events(READY, { isOpen: true }), events(item(1), { isOpen: true })]);
  assert.deepEqual(await followed(served, 1, { silenceSeconds: 0.1 }), ["1"]);
});

test("a stream may last longer than a call", async () => {
  await using served = await serving(
    [(response) => {
      response.writeHead(200).write(READY);
      setTimeout(() => response.write(item(1)), 300);
    }],
    { timeoutSeconds: 0.1 },
  );
  assert.deepEqual(await followed(served, 1), ["1"]);
  assert.equal(served.asked.length, 1);
});

test("an id or a retry without data counts, and what is no number does not", async () => {
  await using served = await serving([
    events("retry: 1\n\n" + item(1) + "id: c9\n\n" + "retry: soon\n\n"),
    events(item(10), { isOpen: true }),
  ]);
  assert.deepEqual(await followed(served, 2), ["1", "10"]);
  assert.deepEqual(resumedFrom(served), [undefined, "c9"]);
});

test("Retry-After is waited for", async () => {
  await using served = await serving([problem(429, "too-many-requests", { "retry-after": "2" }), events(item(1), { isOpen: true })]);
  const began = performance.now();
  assert.deepEqual(await followed(served, 1), ["1"]);
  assert.ok(performance.now() - began > 1900);
});

test("an item that cannot be read is an error, not left out", async () => {
  await using served = await serving([events("data: {\nid: c1\n\n"), events(item(2), { isOpen: true })]);
  await assert.rejects(followed(served, 1), SyntaxError);
});

test("a refusal is thrown", async () => {
  await using served = await serving([events(READY + closing("unauthorized", "c0")), problem(401, "unauthorized")]);
  await assert.rejects(followed(served), { status: 401, code: "unauthorized" });
});

test("a signal ends it", async () => {
  await using served = await serving([events(READY, { isOpen: true })]);
  await assert.rejects(followed(served, 1, { signal: AbortSignal.timeout(100) }), { name: "TimeoutError" });
});
