/** Runs ../scenario.json against a live server; ../README.md says what each step must show. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import {
  acknowledgeDeviation, connect, createBaseline, createMilestone, createPlan, createTolerance, EventRecorder, follow,
  getPlan, getVariance, items, listEvents, listFeed, listMilestones, listPlanDeviations, pages, ProblemError,
  putDocument, updatePlan, verifyWebhook, WebhookVerificationError,
  type BaselineInput, type DocumentInput, type Followed, type MilestoneDocument, type RecordableEvent,
  type ToleranceInput,
} from "leeway-client";

interface Scenario {
  plan: string;
  document: DocumentInput;
  tolerance: ToleranceInput;
  baseline: BaselineInput;
  events: { source: string; count: number; batch_size: number; sent_twice: number; each: object; last: RecordableEvent[] };
  variance: { as_of: string; milestone: string; expected: Record<string, string | number> };
  deviation: { milestone: string; measure: string; level: string; within_seconds: number };
  pages: { milestones: number; key: string; limit: number };
  problems: { name: string; status: number; code: string; pointer?: string }[];
  webhook: { secret: string; id: string; timestamp: number; body: string; signature: string };
  stream: { first: number; type: string };
}

const { LEEWAY_URL: url = "", LEEWAY_KEY: key = "", LEEWAY_LIMITED_KEY: limitedKey = "" } = process.env;
const scenario = JSON.parse(readFileSync(process.env["LEEWAY_SCENARIO"] ?? "../scenario.json", "utf8")) as Scenario;
const plan = scenario.plan;
const path = { plan };
const client = connect({ url, key });

/** Each answers what it saw, and throws what it did not. */
const steps: Record<string, () => Promise<string>> = {
  async document() {
    const headers = { "If-None-Match": "*" };
    const { data } = await putDocument({ client, path, headers, body: scenario.document });
    const keys = (scenario.document.milestones ?? []).map((milestone) => milestone.key);
    assert.deepEqual(data.changes.milestones_added.sort(), keys.sort());
    assert.equal(data.revision, 1);
    return `revision ${data.revision}`;
  },

  async tolerance() {
    const { data } = await createTolerance({ client, body: { ...scenario.tolerance, plan } });
    assert.equal(data.key, scenario.tolerance.key);
    return data.key;
  },

  async baseline() {
    const { data } = await createBaseline({ client, path, body: scenario.baseline });
    assert.equal(data.number, 1);
    return `baseline ${data.number}`;
  },

  async events() {
    const { source, count, batch_size: batchSize, sent_twice, last } = scenario.events;
    const notes = numbered(count, scenario.events.each).map((note, index) => ({ ...note, id: `note-${index + 1}` }));
    const recorder = new EventRecorder({ client, plan, source, batchSize });
    for (const event of [...(notes as RecordableEvent[]), ...last]) await recorder.record(event);
    await recorder.flush();
    for (const event of notes.slice(0, sent_twice)) await recorder.record(event as RecordableEvent);
    const counts = await recorder.close();
    assert.deepEqual(counts, { accepted: count + last.length, duplicates: sent_twice, rejected: 0 });
    assert.equal((await all(items(listEvents, { client, path, query: { limit: 200 } }))).length, count + last.length);
    return `${counts.accepted} accepted, ${counts.duplicates} duplicates`;
  },

  async variance() {
    const { as_of, milestone, expected } = scenario.variance;
    const { data } = await getVariance({ client, path, query: { as_of } });
    const item = data.items.find((each) => each.milestone === milestone);
    assert.ok(item, `no item of ${milestone}`);
    const { schedule_status, lifecycle, finish_variance } = item;
    const { basis, working_minutes, favorability } = finish_variance;
    assert.deepEqual({ schedule_status, lifecycle, basis, working_minutes, favorability }, expected);
    return `${milestone} is ${schedule_status} by ${working_minutes} minutes`;
  },

  async deviations() {
    const { milestone, measure, level } = scenario.deviation;
    const found = await firstDeviation();
    assert.deepEqual({ milestone: found.milestone, measure: found.measure, level: found.level }, { milestone, measure, level });
    return found.summary;
  },

  async pages() {
    const { milestones: count, key: name, limit } = scenario.pages;
    const listed = numbered(count, { key: name, name, planned_finish: "2024-06-12" }) as MilestoneDocument[];
    const many = { plan: `${plan}-pages` };
    await putDocument({ client, path: many, headers: { "If-None-Match": "*" }, body: { name: "Pages", milestones: listed } });
    const read = await all(pages(listMilestones, { client, path: many, query: { limit } }));
    const keys = read.flatMap((page) => page.items.map((milestone) => milestone.key));
    assert.deepEqual(keys, listed.map((milestone) => milestone.key).sort());
    return `${keys.length} milestones on ${read.length} pages`;
  },

  async problems() {
    const nameless = { kind: "milestone", planned_finish: "2024-06-12" } as never;
    const asked: (() => Promise<unknown>)[] = [
      () => getPlan({ client, path: { plan: "not-there" } }),
      () => createPlan({ client, body: { key: plan, name: "Again" } }),
      () => updatePlan({ client, path, headers: { "If-Match": '"another"' }, body: { goal: "Other" } }),
      () => createMilestone({ client, path, body: nameless }),
      untilRefused,
    ];
    for (const [index, expected] of scenario.problems.entries()) {
      const problem = await problemOf(asked[index]!());
      const { status, code } = problem;
      assert.deepEqual({ status, code }, { status: expected.status, code: expected.code }, expected.name);
      if (expected.pointer) assert.deepEqual(problem.errors.map((error) => error.pointer), [expected.pointer]);
      if (status === 429) assert.ok(problem.retryAfter! > 0, "429 does not tell how long to wait");
    }
    return scenario.problems.map((problem) => problem.status).join(", ");
  },

  async webhook() {
    const { secret, id, timestamp, body, signature } = scenario.webhook;
    const headers = { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signature };
    const now = new Date(timestamp * 1000);
    assert.deepEqual(await verifyWebhook({ body, headers, secret, now }), JSON.parse(body));
    const changed = body.replace("design", "desigm");
    await assert.rejects(verifyWebhook({ body: changed, headers, secret, now }), WebhookVerificationError);
    return "verified, and refused when changed";
  },

  async stream() {
    const seen = await next(scenario.stream.first);
    assert.equal(seen[0]?.item.type, scenario.stream.type);
    await acknowledgeDeviation({ client, path: { deviation: (await firstDeviation()).id }, body: { reason: "Seen" } });
    const listed = await all(items(listFeed, { client, query: { plan } }));
    seen.push(...(await next(listed.length - seen.length, seen.at(-1)?.cursor)));
    assert.deepEqual(seen.map(({ item }) => item.id), listed.map((item) => item.id));
    return `${seen.length} items, none twice, none left out`;
  },
};

/** So many copies, counted from 1 wherever `{number}` stands. */
function numbered(count: number, each: object): object[] {
  const text = JSON.stringify(each);
  return Array.from({ length: count }, (_, index) => JSON.parse(text.replaceAll("{number}", String(index + 1))) as object);
}

async function all<Item>(iterated: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of iterated) found.push(item);
  return found;
}

async function firstDeviation() {
  const { within_seconds, milestone, measure } = scenario.deviation;
  for (const deadline = Date.now() + within_seconds * 1000; Date.now() < deadline; ) {
    const { data } = await listPlanDeviations({ client, path });
    const found = data.items.find((each) => each.milestone === milestone && each.measure === measure);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`no deviation within ${within_seconds} seconds`);
}

/** The next items of the stream; the connection is dropped after them. */
async function next(count: number, after?: string): Promise<Followed[]> {
  const found: Followed[] = [];
  const signal = AbortSignal.timeout(30_000);
  if (count > 0) {
    for await (const each of follow({ client, signal, query: { plan }, ...(after === undefined ? {} : { after }) })) {
      if (found.push(each) === count) break;
    }
  }
  return found;
}

async function untilRefused(): Promise<void> {
  const limited = connect({ url, key: limitedKey, retries: 0 });
  for (let asked = 0; asked < 100_000; asked++) await getPlan({ client: limited, path });
}

async function problemOf(call: Promise<unknown>): Promise<ProblemError> {
  const problem = await call.then(() => "it succeeded", (error: unknown) => error);
  assert.ok(problem instanceof ProblemError, String(problem));
  return problem;
}

for (const [step, run] of Object.entries(steps)) {
  const result = await run().then(
    (detail) => ({ ok: true, detail }),
    (error: unknown) => ({ ok: false, detail: String(error) }),
  );
  if (!result.ok) process.exitCode = 1;
  console.log(JSON.stringify({ step, ...result }));
}
