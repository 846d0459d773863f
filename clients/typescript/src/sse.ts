/** Server-Sent Events, as they come out of a body. */

export interface ServerSentEvent {
  name: string;
  /** Absent where it only tells `id` or `retry`. */
  data: string | undefined;
  id: string | undefined;
  /** How long to wait before connecting again, in milliseconds. */
  retry: number | undefined;
}

/**
 * The events of a body, until it ends; leaving the loop drops the connection.
 *
 * @param onSign is called with every sign of life, comments too.
 */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
  onSign: () => void = () => {},
): AsyncGenerator<ServerSentEvent, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return; // an event that was not ended is none
      onSign();
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const event = parsed(block);
        if (event !== undefined) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parsed(block: string): ServerSentEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const [, name, value = ""] = /^(\w+)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === undefined) continue; // a comment
    const before = name === "data" ? fields.get(name) : undefined;
    fields.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  if (fields.size === 0) return undefined;
  const retry = fields.get("retry") ?? "";
  return {
    name: fields.get("event") ?? "message",
    data: fields.get("data"),
    id: fields.get("id"),
    retry: /^\d+$/.test(retry) ? Number(retry) : undefined,
  };
}
