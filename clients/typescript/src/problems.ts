/** What goes wrong, typed: an answer of Leeway that is no success is thrown as a `ProblemError`. */

import type { FieldError, Problem } from "./generated/index.js";

export type { FieldError };

/** An answer that is no success (RFC 9457). `status` and `code` are for programs, `message` is for people. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  /** Status of HTTP. 304 too: nothing changed since the `If-None-Match`. */
  readonly status: number;
  /** Stable, as `plan-not-found`; `http-502` where something else than Leeway answered. */
  readonly code: string;
  /** Each place of the request that is wrong; `pointer` is a JSON pointer into the body, `?name` in the query. */
  readonly errors: readonly FieldError[];
  /** Seconds to wait before it is worth asking again, where the answer says so. */
  readonly retryAfter: number | undefined;

  constructor(
    /** The body as it came. */
    readonly problem: Problem,
    /** The answer; its body is read already. */
    readonly response: Response,
  ) {
    super(`${problem.title}: ${problem.detail}`);
    this.status = response.status;
    this.code = problem.code;
    this.errors = problem.errors;
    this.retryAfter = secondsToWait(response.headers.get("retry-after"));
  }
}

/** What an unsuccessful answer is thrown as; anything else (a lost connection) stays as it is. */
export function problemOf(error: unknown, response: Response | undefined): unknown {
  if (response === undefined || response.ok) return error;
  return new ProblemError(isProblem(error) ? error : unknownProblem(textOf(error), response), response);
}

/** Seconds that a `Retry-After` asks for, which may be a number or a date; undefined if it says nothing. */
export function secondsToWait(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const seconds = header.endsWith(" GMT") ? (Date.parse(header) - now) / 1000 : NaN; // "-1" is the year 2001 to Date.parse
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "title" in body && "errors" in body && Array.isArray(body.errors);
}

function textOf(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

function unknownProblem(text: string, { status, statusText, headers }: Response): Problem {
  const title = statusText || `HTTP ${status}`;
  const request_id = headers.get("x-request-id");
  return {
    type: "about:blank",
    title,
    status,
    detail: text.slice(0, 500),
    code: `http-${status}`,
    request_id,
    errors: [],
    errors_truncated: false,
  };
}
