/** The way to a service: its address and a key. */

import { createClient, type Client } from "./generated/client/index.js";
import { problemOf } from "./problems.js";
import { retrying, type Retrying } from "./retries.js";

export type { Client };

export interface ConnectOptions extends Partial<Retrying> {
  /** Where the service is, as `https://leeway.example.com`. */
  url: string;
  /** An API key, `lw_…`. */
  key: string;
  /** What sends requests; by default the `fetch` that is there. */
  fetch?: typeof fetch;
  /** Sent with every request. */
  headers?: Record<string, string>;
}

/**
 * The client that every operation takes: `getPlan({ client, path: { plan: "release" } })`.
 *
 * It repeats what was refused for the moment (`retries`, 4 times by default, waiting up to `maxWaitSeconds`, 60), adds
 * an `Idempotency-Key` to every POST, gives a try up to `timeoutSeconds` (60), and throws a `ProblemError` for every
 * answer that is no success.
 *
 * @throws TypeError if `url` is not an address.
 */
export function connect(options: ConnectOptions): Client {
  const { url, key, retries = 4, maxWaitSeconds = 60, timeoutSeconds = 60, headers = {} } = options;
  new URL(url, globalThis.location?.href); // throws where it is none
  const send = options.fetch ?? ((input: RequestInfo | URL, init?: RequestInit) => fetch(input, init));
  const client = createClient({
    baseUrl: url.replace(/\/+$/, ""),
    auth: key,
    headers,
    throwOnError: true,
    fetch: retrying(send, { retries, maxWaitSeconds, timeoutSeconds }),
  });
  client.interceptors.error.use(problemOf);
  return client;
}
