/** Webhooks: only what was signed with the secret, and lately, is taken. */

import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { test } from "node:test";

import { verifyWebhook, WebhookVerificationError, type ReceivedWebhook } from "leeway-client";

const raw = randomBytes(32);
const secret = `whsec_${raw.toString("base64")}`;
const other = `whsec_${randomBytes(32).toString("base64")}`;
const body = '{"type":"deviation.opened","data":{"milestone":"dés"}}';
const seconds = 1_715_760_000;
const signed = (text = body) => `v1,${createHmac("sha256", raw).update(`msg-1.${seconds}.${text}`).digest("base64")}`;
const headers = { "webhook-id": "msg-1", "webhook-timestamp": String(seconds), "webhook-signature": signed() };
const received: ReceivedWebhook = { body, headers, secret, now: new Date(seconds * 1000) };

test("a signed webhook is answered as what it says", async () => {
  const payload = await verifyWebhook(received);
  assert.ok(payload.type === "deviation.opened");
  assert.equal(payload.data.milestone, "dés");
});

for (const [what, changed] of Object.entries<Partial<ReceivedWebhook>>({
  "the body as bytes": { body: new TextEncoder().encode(body) },
  "headers of fetch": { headers: new Headers(headers) },
  "headers in another case": { headers: { "Webhook-Id": "msg-1", "Webhook-Timestamp": String(seconds), "WEBHOOK-SIGNATURE": [signed()] } },
  "one of several signatures": { headers: { ...headers, "webhook-signature": `v2,AAAA v1,AAAA ${signed()}` } },
  "one of several secrets": { secret: [other, secret] },
  "a clock a little off": { now: new Date((seconds - 299) * 1000) },
})) {
  test(`taken: ${what}`, async () => assert.ok(await verifyWebhook({ ...received, ...changed })));
}

for (const [what, changed] of Object.entries<Partial<ReceivedWebhook>>({
  "another body": { body: body.replace("d", "D") },
  "another secret": { secret: other },
  "another id": { headers: { ...headers, "webhook-id": "msg-2" } },
  "an old one, sent again": { now: new Date((seconds + 301) * 1000) },
  "a time that is none": { headers: { ...headers, "webhook-timestamp": "soon" } },
  "a signature of another version": { headers: { ...headers, "webhook-signature": signed().replace("v1", "v2") } },
  "a signature that is none": { headers: { ...headers, "webhook-signature": "v1,?? v1" } },
  "no signature": { headers: { ...headers, "webhook-signature": undefined } },
})) {
  test(`refused: ${what}`, async () => {
    await assert.rejects(verifyWebhook({ ...received, ...changed }), WebhookVerificationError);
  });
}

test("a secret that is none is a mistake of the caller", async () => {
  await assert.rejects(verifyWebhook({ ...received, secret: "whsec_" }), TypeError);
});
