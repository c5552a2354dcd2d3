/** An event as the stream tells it; the source's part is null for an event of the API. */
export type ListenedEvent = {
  kind: 'event';
  id: string;
  type: string;
  contentType: string;
  orderingKey: string | null;
  acceptedAt: string;
  sourceId: string | null;
  coverage: string | null;
  body: { encoding: 'utf-8' | 'base64' | 'url'; content: string; sizeBytes: number };
};

/** A line of the stream, as far as this program reads it. */
export type ListenedLine =
  | ListenedEvent
  | { kind: 'position'; cursor: string }
  | { kind: 'ping' }
  | { kind: 'end'; code: string; detail: string };

const kinds = new Set(['event', 'position', 'ping', 'end']);

/** Null for a kind that a newer Posthorn may tell. @throws SyntaxError when it is no JSON */
export function readLine(text: string): ListenedLine | null {
  const line = JSON.parse(text) as { kind?: unknown } | null;
  return kinds.has(String(line?.kind)) ? (line as ListenedLine) : null;
}
