/** Telling a webhook of Leeway from a forgery (Standard Webhooks: HMAC-SHA-256 over id, timestamp and body). */

import type { WebhookPayload } from "./generated/index.js";

export interface ReceivedWebhook {
  /** The body exactly as it came: not parsed and written again. */
  body: string | Uint8Array;
  /** Those of the request: `webhook-id`, `webhook-timestamp` and `webhook-signature` are looked at, in any case. */
  headers: Headers | Readonly<Record<string, string | string[] | undefined>>;
  /** The secret of the webhook, `whsec_…`; both, while it is being rotated. */
  secret: string | readonly string[];
  /** How far the timestamp may be from now, in seconds, 300 by default: an old delivery may be a replayed one. */
  toleranceSeconds?: number;
  /** What time it is. */
  now?: Date;
}

/** It was not sent by Leeway, or is too old: answer 401 and do nothing. */
export class WebhookVerificationError extends Error {
  override readonly name = "WebhookVerificationError";
}

/**
 * What the webhook says, if it was signed with the secret; `type` tells which of its types it has.
 *
 * The comparison takes the same time wherever it differs.
 *
 * @throws WebhookVerificationError if a header is missing, the time is too far off or no signature fits.
 */
export async function verifyWebhook(received: ReceivedWebhook): Promise<WebhookPayload> {
  const { body, secret, toleranceSeconds = 300, now = new Date() } = received;
  const header = (name: string) => readHeader(received.headers, name);
  const timestamp = header("webhook-timestamp");
  const agoSeconds = now.getTime() / 1000 - Number(timestamp);
  if (!/^\d+$/.test(timestamp) || Math.abs(agoSeconds) > toleranceSeconds) {
    throw new WebhookVerificationError("The timestamp is too far from now.");
  }
  const bytes = typeof body === "string" ? encoded(body) : body;
  const signed = joined(encoded(`${header("webhook-id")}.${timestamp}.`), bytes);
  for (const one of typeof secret === "string" ? [secret] : secret) {
    if (await isSigned(signed, header("webhook-signature"), one)) {
      return JSON.parse(new TextDecoder().decode(bytes)) as WebhookPayload;
    }
  }
  throw new WebhookVerificationError("No signature fits.");
}

function readHeader(headers: ReceivedWebhook["headers"], name: string): string {
  const pairs = headers instanceof Headers ? [...headers] : Object.entries(headers);
  const given = pairs.find(([key]) => key.toLowerCase() === name)?.[1];
  const found = Array.isArray(given) && given.length === 1 ? given[0] : given;
  if (typeof found !== "string") throw new WebhookVerificationError(`The header ${name} is missing.`);
  return found;
}

/** Whether one of the signatures, `v1,<Base64>` each, is of this secret. */
async function isSigned(signed: BufferSource, signatures: string, secret: string): Promise<boolean> {
  const raw = fromBase64(secret.replace(/^whsec_/, ""));
  if (raw === undefined || raw.length === 0) throw new TypeError("The secret of a webhook is `whsec_` and Base64.");
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  for (const signature of signatures.split(" ")) {
    const [version, code = ""] = signature.split(",");
    const given = version === "v1" ? fromBase64(code) : undefined;
    if (given !== undefined && (await crypto.subtle.verify("HMAC", key, given, signed))) return true;
  }
  return false;
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
