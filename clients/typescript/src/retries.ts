/** Asking again where that may help and cannot do harm. */

import { secondsToWait } from "./problems.js";

/** How often and how long it is tried. */
export interface Retrying {
  /** How often a call is repeated, at most; 0: never. */
  retries: number;
  /** Longest wait between two tries, in seconds; a `Retry-After` beyond it is not waited for. */
  maxWaitSeconds: number;
  /** Longest time that one try may take, in seconds. */
  timeoutSeconds: number;
}

/** A service that asks for a longer wait is asked again all the same, by what never gives up. */
export const LONGEST_ASKED_SECONDS = 3600;
const FIRST_WAIT_SECONDS = 0.25;
/** Nothing was done, and it is said when it may be. */
const NOT_NOW = new Set([408, 429, 503]);
/** Something between did not get an answer of Leeway: it may have been done. */
const NOT_KNOWN = new Set([502, 504]);

/**
 * A `fetch` that repeats a call that was refused for the moment, or, where that is safe, lost on the way.
 *
 * Safe is reading, and every POST: it gets an `Idempotency-Key` unless it has one, by which a repeat has no second
 * effect. A PUT, PATCH or DELETE whose answer was lost is not repeated: it may have been done, and its `If-Match`
 * would fail then.
 */
export function retrying(send: typeof fetch, settings: Retrying): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    if (request.method === "POST" && !namesItsParts(request) && !request.headers.has("idempotency-key")) {
      request.headers.set("idempotency-key", randomName());
    }
    for (let tried = 0; ; tried++) {
      const isLast = tried >= settings.retries;
      const waitSeconds = Math.min(FIRST_WAIT_SECONDS * 2 ** tried, settings.maxWaitSeconds) * (0.5 + Math.random() / 2);
      try {
        const answer = await send(timed(isLast ? request : request.clone(), settings.timeoutSeconds));
        const asked = isLast ? undefined : secondsBeforeRepeat(request, answer, waitSeconds);
        if (asked === undefined || asked > settings.maxWaitSeconds) return answer;
        await answer.body?.cancel();
        await slept(asked, request.signal);
      } catch (error) {
        if (isLast || request.signal.aborted || !mayBeRepeated(request)) throw error;
        await slept(waitSeconds, request.signal);
      }
    }
  };
}

/** A name that nobody else gives, 32 hexadecimal digits. */
export function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is missing on pages without TLS
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Wait; rejects at once when the signal tells to stop. */
export function slept(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Events of a batch have names of their own: a repeat is a duplicate, without keeping the answer for it. */
function namesItsParts(request: Request): boolean {
  return new URL(request.url).pathname.endsWith("/v1/events/batch");
}

function mayBeRepeated(request: Request): boolean {
  return ["GET", "HEAD", "POST"].includes(request.method);
}

function secondsBeforeRepeat(request: Request, answer: Response, waitSeconds: number): number | undefined {
  if (NOT_NOW.has(answer.status)) return Math.max(secondsToWait(answer.headers.get("retry-after")) ?? 0, waitSeconds);
  return NOT_KNOWN.has(answer.status) && mayBeRepeated(request) ? waitSeconds : undefined;
}

function timed(request: Request, seconds: number): Request {
  if (request.headers.get("accept") === "text/event-stream") return request; // it is meant to last
  return new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(seconds * 1000)]) });
}
