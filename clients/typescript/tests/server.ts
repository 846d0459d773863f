/** A real HTTP server on the loopback that answers as it is told to, one answer after the other. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import { connect, type Client, type ConnectOptions } from "leeway-client";

export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

export type Answer = (response: ServerResponse, asked: Asked) => void;

export interface Served extends AsyncDisposable {
  /** What was asked so far. */
  asked: Asked[];
  client: Client;
}

/** Serve these answers, the last one for ever, and connect to it with short waits. */
export async function serving(answers: Answer[], options: Partial<ConnectOptions> = {}): Promise<Served> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url = "", headers } = request;
    asked.push({ method, path: url, headers, body: await text(request) });
    answers[Math.min(asked.length, answers.length) - 1]?.(response, asked.at(-1)!);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { asked, client: connect({ url, key: "lw_test", maxWaitSeconds: 0.02, ...options }), [Symbol.asyncDispose]: stop };
}

/** An answer with a body of JSON. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** A problem as Leeway tells it. */
export function problem(status: number, code: string, headers: Record<string, string> = {}): Answer {
  const errors = [{ pointer: "/name", code: "missing", detail: "is required" }];
  const body = { type: `/problems/${code}`, title: "No", status, detail: "Because.", code, request_id: "r-1", errors, errors_truncated: false };
  return json(status, body, { "content-type": "application/problem+json", ...headers });
}

/** The connection is dropped without an answer. */
export const lost: Answer = (response) => response.destroy();

/** What a call was rejected with. */
export async function rejection(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );
}
