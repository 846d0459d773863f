/** The feed as it grows. */

import type { Client } from "./connect.js";
import type { FeedItem, StreamFeedData } from "./generated/index.js";
import { ProblemError } from "./problems.js";
import { LONGEST_ASKED_SECONDS, slept } from "./retries.js";
import { serverSentEvents, type ServerSentEvent } from "./sse.js";

export interface FollowOptions {
  client: Client;
  /** `cursor` of the last item that you have dealt with: what came after it comes first. */
  after?: string;
  /** Which items, and without `after` from where: `{ from: "now", plan: "release" }`. */
  query?: Omit<NonNullable<StreamFeedData["query"]>, "cursor">;
  /** Ends it: the loop throws the reason of the signal. */
  signal?: AbortSignal;
  /** A connection that gives no sign of life for so long is dropped and made again; 45 by default. */
  silenceSeconds?: number;
}

/** An item, and where to go on after it. */
export interface Followed {
  /** Keep it with what you did for the item, and give it as `after` when you come back. */
  cursor: string;
  item: FeedItem;
}

const NOTICES = new Set(["ready", "closing", "overflow"]);
const PASSING = new Set([408, 429]);
const LONGEST_WAIT_SECONDS = 30;

/**
 * Every item of the feed, in order, none twice and none left out: `for await (const { item } of follow({ client }))`.
 *
 * It goes on by itself when the connection is lost, for as long as it takes, and ends with `query.seconds`, if given.
 *
 * @throws ProblemError if the service refuses: the key was revoked, or the cursor has expired.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<Followed, void, void> {
  const place = { cursor: options.after, retryMilliseconds: 1000 };
  for (let failures = 0; ; ) {
    let askedSeconds = 0;
    try {
      for await (const event of connected(options, place.cursor)) {
        failures = 0;
        place.cursor = event.id ?? place.cursor;
        place.retryMilliseconds = event.retry ?? place.retryMilliseconds;
        if (isTimeOver(event)) return;
        if (event.data === undefined || NOTICES.has(event.name)) continue;
        yield { cursor: place.cursor ?? "", item: JSON.parse(event.data) as FeedItem };
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof SyntaxError) throw error; // an item that cannot be read is not passed over in silence
      if (error instanceof ProblemError && error.status < 500 && !PASSING.has(error.status)) throw error;
      askedSeconds = error instanceof ProblemError ? (error.retryAfter ?? 0) : 0;
    }
    const backoffSeconds = Math.min((place.retryMilliseconds / 1000) * 2 ** failures, LONGEST_WAIT_SECONDS);
    await slept(Math.max(backoffSeconds, Math.min(askedSeconds, LONGEST_ASKED_SECONDS)), options.signal);
    failures += 1;
  }
}

async function* connected(options: FollowOptions, cursor: string | undefined): AsyncGenerator<ServerSentEvent> {
  const silence = new AbortController();
  const silenceMilliseconds = (options.silenceSeconds ?? 45) * 1000;
  const signals = options.signal === undefined ? [silence.signal] : [silence.signal, options.signal];
  const expire = () => silence.abort(new Error("The stream was silent for too long."));
  let timer = setTimeout(expire, silenceMilliseconds);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(expire, silenceMilliseconds);
  };
  try {
    const { data } = await options.client.get<ReadableStream<Uint8Array>, unknown, true>({
      url: "/v1/feed/stream",
      security: [{ scheme: "bearer", type: "http" }],
      parseAs: "stream",
      throwOnError: true,
      query: { ...options.query },
      headers: { accept: "text/event-stream", ...(cursor === undefined ? {} : { "last-event-id": cursor }) },
      signal: AbortSignal.any(signals),
    });
    yield* serverSentEvents(data, heard);
  } finally {
    clearTimeout(timer);
  }
}

function isTimeOver(event: ServerSentEvent): boolean {
  return event.name === "closing" && (JSON.parse(event.data ?? "{}") as { reason: string }).reason === "time_over";
}
