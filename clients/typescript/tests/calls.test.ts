/** Calls: what is thrown, and what is asked again. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, createPlan, deletePlan, getPlan, ProblemError, putDocument, recordEvents } from "leeway-client";

import { json, lost, problem, rejection, serving, type Answer } from "./server.js";

const path = { plan: "release" };
const ok = json(200, { key: "release" });
const busy = problem(503, "service-unavailable", { "retry-after": "0" });

test("an operation answers the data and the answer", async () => {
  await using served = await serving([json(200, { key: "release" }, { etag: '"7"' })]);
  const { data, response } = await getPlan({ client: served.client, path });
  assert.equal(data.key, "release");
  assert.equal(response.headers.get("etag"), '"7"');
  assert.equal(served.asked[0]?.path, "/v1/plans/release");
  assert.equal(served.asked[0]?.headers.authorization, "Bearer lw_test");
});

test("a problem is thrown with its status, code and places", async () => {
  await using served = await serving([problem(422, "invalid-request")]);
  const error = await rejection(createPlan({ client: served.client, body: { name: "" } }));
  assert.ok(error instanceof ProblemError && error instanceof Error);
  assert.equal(error.message, "No: Because.");
  assert.deepEqual([error.status, error.code, error.errors[0]?.pointer], [422, "invalid-request", "/name"]);
  assert.equal(error.problem.request_id, "r-1");
});

for (const [what, answer, code] of [
  ["a page of a proxy", (response) => response.writeHead(502).end("<h1>Bad gateway</h1>"), "http-502"],
  ["an unchanged resource", (response) => response.writeHead(304).end(), "http-304"],
  ["JSON of something else", json(404, { error: "nobody" }), "http-404"],
] as [string, Answer, string][]) {
  test(`${what} is thrown as a problem, too`, async () => {
    await using served = await serving([answer]);
    const error = await rejection(getPlan({ client: served.client, path }));
    assert.ok(error instanceof ProblemError);
    assert.equal(error.code, code);
  });
}

test("what is refused for the moment is asked again", async () => {
  await using served = await serving([busy, problem(429, "too-many-requests"), problem(408, "request-timeout"), ok]);
  await putDocument({ client: served.client, path, body: { name: "Release" } });
  assert.deepEqual(served.asked.map(({ body }) => body), Array(4).fill('{"name":"Release"}'));
});

test("Retry-After is waited for", async () => {
  await using served = await serving([problem(429, "too-many-requests", { "retry-after": "1" }), ok], { maxWaitSeconds: 2 });
  const began = performance.now();
  await getPlan({ client: served.client, path });
  assert.ok(performance.now() - began > 950);
});

test("Retry-After may be a date; what is neither that nor seconds says nothing", async () => {
  for (const [header, told] of [[new Date(Date.now() + 90_000).toUTCString(), 90], [new Date(0).toUTCString(), 0], ["-1", undefined], ["1.5", undefined]] as const) {
    await using served = await serving([problem(429, "too-many-requests", { "retry-after": header })], { retries: 0 });
    const error = await rejection(getPlan({ client: served.client, path }));
    assert.ok(error instanceof ProblemError);
    assert.equal(error.retryAfter === undefined ? undefined : Math.ceil(error.retryAfter / 10) * 10, told, header);
  }
});

test("what is no address is refused at once", () => {
  assert.throws(() => connect({ url: "leeway.example.com", key: "lw_test" }), TypeError);
});

test("a longer wait than allowed is left to the caller", async () => {
  await using served = await serving([problem(429, "too-many-requests", { "retry-after": "30" })]);
  const error = await rejection(getPlan({ client: served.client, path }));
  assert.ok(error instanceof ProblemError);
  assert.equal(error.retryAfter, 30);
  assert.equal(served.asked.length, 1);
});

test("it gives up after the retries", async () => {
  await using served = await serving([busy], { retries: 2 });
  const error = await rejection(getPlan({ client: served.client, path }));
  assert.ok(error instanceof ProblemError && error.status === 503);
  assert.equal(served.asked.length, 3);
});

for (const [what, answer] of [["lost", lost], ["hidden by a gateway", json(504, {})]] as [string, Answer][]) {
  test(`a POST whose answer was ${what} is repeated under the same Idempotency-Key`, async () => {
    await using served = await serving([answer, ok]);
    await createPlan({ client: served.client, body: { name: "Release" } });
    const keys = served.asked.map(({ headers }) => headers["idempotency-key"]);
    assert.match(String(keys[0]), /^[0-9a-f]{32}$/);
    assert.equal(keys[1], keys[0]);
  });

  test(`a DELETE whose answer was ${what} is not repeated: it may have been done`, async () => {
    await using served = await serving([answer, ok]);
    await assert.rejects(deletePlan({ client: served.client, path, headers: { "If-Match": "*" } }));
    assert.equal(served.asked.length, 1);
  });
}

test("an Idempotency-Key of the caller stays; a batch needs none, its events have names", async () => {
  await using served = await serving([ok]);
  const { client } = served;
  await createPlan({ client, headers: { "Idempotency-Key": "mine" }, body: { name: "Release" } });
  await recordEvents({ client, body: [] });
  assert.deepEqual(served.asked.map(({ headers }) => headers["idempotency-key"]), ["mine", undefined]);
});

test("an answer that does not come in time is asked for again", async () => {
  await using served = await serving([() => {}, ok], { timeoutSeconds: 0.1 });
  assert.equal((await getPlan({ client: served.client, path })).data.key, "release");
});

test("a call can be given up, also while it waits to ask again", async () => {
  await using served = await serving([problem(503, "service-unavailable", { "retry-after": "5" })], { maxWaitSeconds: 60 });
  const signal = AbortSignal.timeout(100);
  assert.equal(await rejection(getPlan({ client: served.client, path, signal })), signal.reason);
  assert.equal(served.asked.length, 1);
});
