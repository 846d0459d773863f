/** Reporting many events at little cost: they are sent in batches, in the order they were recorded. */

import { recordEvents, type Batch, type BatchEventInput, type BatchResult } from "./generated/index.js";
import type { Client } from "./connect.js";
import { ProblemError } from "./problems.js";
import { LONGEST_ASKED_SECONDS, randomName } from "./retries.js";

type Settled = "id" | "source" | "plan";
type Loose<Event> = Event extends unknown ? Omit<Event, Settled> & { [name in Settled]?: string } : never;

/** An event; `id` is made, `source` and `plan` are those of the recorder, where they are left out. */
export type RecordableEvent = Loose<BatchEventInput>;

export interface RecorderOptions {
  client: Client;
  /** Who reports: with `id` the name of an event. */
  source: string;
  /** Key of the plan of the events that name none. */
  plan?: string;
  /** Events that a request takes, at most; 500 by default. */
  batchSize?: number;
  /** How long an event may wait for others, in seconds; 1 by default. */
  lingerSeconds?: number;
  /** Events that may wait; `record` waits when there are more. 10,000 by default. */
  capacity?: number;
  /** Told of every event that the service refused; without it, `flush` and `close` throw. */
  onRejected?: (event: BatchEventInput, result: BatchResult) => void;
  /** In browsers, `window`: what waits when the page is left is sent with it, as far as 60 kB go. */
  page?: EventTarget;
}

/** What became of the events so far. A batch whose answer was lost is sent again, and counts as duplicates then. */
export interface RecorderCounts {
  accepted: number;
  duplicates: number;
  rejected: number;
}

/** Events that the service refused; `results` say why, `events` are the same in the same order. */
export class RejectedEventsError extends Error {
  override readonly name = "RejectedEventsError";

  constructor(
    readonly events: readonly BatchEventInput[],
    readonly results: readonly BatchResult[],
  ) {
    super(`${events.length} events were refused, the first because of: ${results[0]?.problem?.detail}`);
  }
}

const SECONDS_AFTER_FAILURE = 1;
const OF_A_PART = new Set([400, 413, 422]); // too much at once, or one event that makes the whole unreadable
const PAGE_BYTES = 60_000; // of a request that outlives its page: browsers take 64 KiB of them
const process = (globalThis as { process?: { on?: Listen; off?: Listen } }).process;
type Listen = (name: "beforeExit", listener: () => void) => unknown;

/**
 * Takes events at once and sends them in batches: `await recorder.record({ type: "note.added", … })`.
 *
 * An event that was taken is kept until the service has answered for it: a batch that cannot be sent is tried again,
 * after the retries of the client, with the next one. Node sends what waits before it exits by itself; before
 * `process.exit()`, and at the end of anything shorter, `await recorder.close()`.
 */
export class EventRecorder {
  readonly #options: Required<Pick<RecorderOptions, "lingerSeconds" | "capacity">> & RecorderOptions;
  readonly #waiting: BatchEventInput[] = [];
  readonly #counts: RecorderCounts = { accepted: 0, duplicates: 0, rejected: 0 };
  #refused: [BatchEventInput, BatchResult][] = [];
  #sending: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #answered = 0;
  #batchSize: number;
  #resumesAt = 0;
  #isClosed = false;

  constructor(options: RecorderOptions) {
    this.#options = { lingerSeconds: 1, capacity: 10_000, ...options };
    this.#batchSize = this.#wholeBatchSize;
    process?.on?.("beforeExit", this.#onExit);
    options.page?.addEventListener("pagehide", this.#onPageHide);
  }

  get #wholeBatchSize(): number {
    return Math.max(this.#options.batchSize ?? 500, 1);
  }

  /** What became of the events so far. */
  get counts(): Readonly<RecorderCounts> {
    return { ...this.#counts };
  }

  /** How many events wait to be sent, or for the answer. */
  get pending(): number {
    return this.#waiting.length;
  }

  /**
   * Take an event; waits while as many wait as may.
   *
   * @throws what sending failed with, if there is no room: the event was not taken then.
   */
  async record(event: RecordableEvent): Promise<void> {
    while (this.#waiting.length >= this.#options.capacity) await this.#send();
    if (this.#isClosed) throw new Error("The recorder is closed.");
    const { source, plan } = this.#options;
    this.#waiting.push({ source, ...(plan === undefined ? {} : { plan }), id: randomName(), ...event } as BatchEventInput);
    this.#sendLater(this.#waiting.length >= this.#batchSize ? 0 : this.#options.lingerSeconds);
  }

  /**
   * Wait until all that was recorded is answered for.
   *
   * @throws what sending failed with; the events are kept. `RejectedEventsError` if the service refused some of them.
   */
  async flush(): Promise<void> {
    const taken = this.#answered + this.#waiting.length;
    while (this.#answered < taken && this.#waiting.length > 0) await this.#send(); // none waits after `discard`
    const refused = this.#refused.splice(0);
    if (refused.length > 0) throw new RejectedEventsError(refused.map(([event]) => event), refused.map(([, why]) => why));
  }

  /** Flush and take no more; answers what became of all events. Throws as `flush` does, and may be called again. */
  async close(): Promise<RecorderCounts> {
    this.#isClosed = true;
    await this.flush();
    this.#leave();
    return this.counts;
  }

  /** Give up: take no more and drop what waits, which is answered, to be kept elsewhere. */
  discard(): BatchEventInput[] {
    this.#isClosed = true;
    this.#leave();
    return this.#waiting.splice(0);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    process?.off?.("beforeExit", this.#onExit);
    this.#options.page?.removeEventListener("pagehide", this.#onPageHide);
  }

  readonly #onExit = () => {
    if (this.#waiting.length + this.#refused.length > 0) void this.flush(); // a failure is not handled: it ends the process with an error
  };

  readonly #onPageHide = () => {
    const batch = fitting(this.#waiting, PAGE_BYTES);
    if (batch.length > 0) void this.#post(batch, { keepalive: true }).catch(() => {}); // nobody is left to be told
  };

  #sendLater(soonest: number): void {
    const seconds = Math.max(soonest, (this.#resumesAt - performance.now()) / 1000);
    if (this.#sending !== undefined || (this.#timer !== undefined && seconds > 0)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#send().catch(() => {}), seconds * 1000); // who waits next is told
    (this.#timer as { unref?: () => void }).unref?.(); // whoever exits is asked to flush
  }

  /** Send one batch, or wait for the one that is on its way. */
  #send(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendBatch();
    return this.#sending;
  }

  async #sendBatch(): Promise<void> {
    const batch = this.#waiting.slice(0, this.#batchSize);
    try {
      this.#take(batch, await this.#post(batch));
    } catch (error) {
      if (error instanceof ProblemError && OF_A_PART.has(error.status)) this.#part(batch, error);
      else {
        const asked = error instanceof ProblemError ? (error.retryAfter ?? 0) : 0;
        const pause = Math.max(SECONDS_AFTER_FAILURE, Math.min(asked, LONGEST_ASKED_SECONDS));
        this.#resumesAt = performance.now() + pause * 1000; // of what goes by itself: `flush` does not wait
        throw error;
      }
    } finally {
      this.#sending = undefined;
      const isFull = this.#waiting.length >= this.#batchSize;
      if (this.#waiting.length > 0) this.#sendLater(isFull ? 0 : this.#options.lingerSeconds);
    }
  }

  /** Send fewer at once; one that is refused by itself is let go, or all would wait behind it. */
  #part(batch: BatchEventInput[], { problem }: ProblemError): void {
    this.#batchSize = batch.length > 1 ? Math.ceil(batch.length / 2) : this.#wholeBatchSize;
    const result = { index: 0, status: "rejected", plan: null, sequence: null, recorded_at: null, problem } as BatchResult;
    if (batch.length === 1) this.#take(batch, { accepted: 0, duplicates: 0, rejected: 1, results: [result] });
  }

  #take(batch: BatchEventInput[], answer: Batch): void {
    this.#waiting.splice(0, batch.length);
    this.#answered += batch.length;
    this.#counts.accepted += answer.accepted;
    this.#counts.duplicates += answer.duplicates;
    this.#counts.rejected += answer.rejected;
    for (const result of answer.results) if (result.status === "rejected") this.#refuse(batch, result);
  }

  #refuse(batch: BatchEventInput[], result: BatchResult): void {
    const event = batch[result.index];
    if (event === undefined) return;
    if (this.#options.onRejected === undefined) this.#refused.push([event, result]);
    else {
      try {
        this.#options.onRejected(event, result);
      } catch (error) {
        console.error("onRejected failed", error); // the others are told of all the same
      }
    }
  }

  async #post(body: BatchEventInput[], how: { keepalive?: boolean } = {}): Promise<Batch> {
    const { data } = await recordEvents({ client: this.#options.client, body, ...how });
    return data;
  }
}

/** As many of the first events as fit into so many bytes. */
function fitting(events: readonly BatchEventInput[], bytes: number): BatchEventInput[] {
  const encoder = new TextEncoder();
  let length = 2;
  const rest = events.findIndex((event) => (length += encoder.encode(JSON.stringify(event)).length + 1) > bytes);
  return events.slice(0, rest === -1 ? events.length : rest);
}
