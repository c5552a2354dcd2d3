import { isJsonType } from '../events/media-type.rules.ts';
import { jsonOf } from '../providers/signature.rules.ts';

/** What filters of endpoints look at; undefined when the body is not JSON. */
export function payloadOf(contentType: string | null, body: Buffer): unknown {
  return isJsonType(contentType) ? jsonOf(body) : undefined;
}
