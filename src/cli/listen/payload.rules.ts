import type { ListenedEvent } from './listened-line.rules.ts';

/**
 * What an endpoint's filter would look at: the `data` of a JSON event of the API, else the body. Undefined when it is
 * no JSON: then no filter matches. A body that was posted as it is and has the very form of an API event is taken for
 * one.
 */
export function payloadOf(event: Pick<ListenedEvent, 'type' | 'contentType' | 'sourceId'>, body: Buffer): unknown {
  if (!/^application\/(json|[a-z0-9.+-]+\+json)\s*(;|$)/i.test(event.contentType)) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  if (event.sourceId !== null || typeof content !== 'object' || content === null) return content;
  const { type, data } = content as { type?: unknown; data?: unknown };
  return type === event.type && Object.keys(content).join() === 'type,timestamp,data' ? data : content;
}
