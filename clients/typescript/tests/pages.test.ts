/** Lists: all pages, all items, and the types of what they need. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { getPlan, items, listFeed, listMilestones, pages, type Milestone } from "leeway-client";

import { json, problem, serving } from "./server.js";

const path = { plan: "release" };

test("items go over all pages, and every page is asked with the same filters", async () => {
  await using served = await serving([
    json(200, { items: [{ key: "a" }, { key: "b" }], next_cursor: "after-b" }),
    json(200, { items: [{ key: "c" }], next_cursor: null }),
  ]);
  const keys: string[] = [];
  const listed: AsyncIterable<Milestone> = items(listMilestones, { client: served.client, path, query: { limit: 2 } });
  for await (const milestone of listed) keys.push(milestone.key);
  assert.deepEqual(keys, ["a", "b", "c"]);
  assert.deepEqual(
    served.asked.map((asked) => asked.path),
    ["/v1/plans/release/milestones?limit=2", "/v1/plans/release/milestones?limit=2&cursor=after-b"],
  );
});

test("the feed has a cursor for ever: it ends where there is no more", async () => {
  await using served = await serving([
    json(200, { items: [{ id: "1" }], next_cursor: "x", has_more: true }),
    json(200, { items: [], next_cursor: "x", has_more: false }),
  ]);
  const seen = [];
  for await (const page of pages(listFeed, { client: served.client })) seen.push(page.next_cursor);
  assert.deepEqual(seen, ["x", "x"]);
});

test("nothing is asked before it is needed", async () => {
  await using served = await serving([json(200, { items: [{ key: "a" }, { key: "b" }], next_cursor: "more" })]);
  for await (const milestone of items(listMilestones, { client: served.client, path })) {
    if (milestone.key === "b") break;
  }
  assert.equal(served.asked.length, 1);
});

test("a problem ends the loop, also where the call itself would not throw", async () => {
  await using served = await serving([problem(404, "plan-not-found")]);
  const listed = pages(listMilestones, { client: served.client, path, throwOnError: false });
  await assert.rejects(listed.next(), { code: "plan-not-found" });
});

export const typed = [
  // @ts-expect-error: a plan is needed
  () => items(listMilestones, {}),
  // @ts-expect-error: there is no such filter
  () => items(listFeed, { query: { color: "red" } }),
  // @ts-expect-error: that is no list
  () => items(getPlan, { path }),
];
