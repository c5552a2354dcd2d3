import type { ApiRequest } from '../api-profile.ts';
import { segmentsOf } from '../api-routes.rules.ts';

const envelopes = /\/accounts\/[^/]+\/envelopes(?=\/|$)/i;
const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What may follow `/envelopes/` without being an envelope. */
const notEnvelopes: ReadonlySet<string> = new Set(['status', 'shared', 'transfer_rules']);

/** On one envelope only these tell answers of one resource apart: pages of a list. The others choose what it shows. */
const paging: ReadonlySet<string> = new Set(['start_position', 'count']);

/** The envelope that a path is about, as Connect writes it: GUIDs in lower case. Null for none. */
export function envelopeIdOf(path: string): string | null {
  const found = envelopes.exec(path);
  const [id] = found === null ? [] : segmentsOf(path.slice(found.index + found[0].length));
  if (id === undefined || notEnvelopes.has(id)) return republishedOf(path);
  return guid.test(id) ? id.toLowerCase() : id;
}

/**
 * The resource of DocuSign's polling rule: repeated GETs of one envelope resource within 15 minutes. A resource is its
 * URL, so `/documents/1` and `/documents/2` are two, and `/documents` and `/documents/` one. How DocuSign compares
 * queries is not published, so the stricter reading holds: on one envelope a query makes no other resource, except for
 * the page of a list; in a list of envelopes the whole query does, in any order. Case tells nothing apart in a path.
 */
export function pollingResourceOf({ method, path, query }: ApiRequest): string | null {
  const found = method.toUpperCase() === 'GET' ? envelopes.exec(path) : null;
  if (found === null) return null;
  const segments = segmentsOf(path);
  const [id] = segmentsOf(path.slice(found.index + found[0].length));
  const isOneEnvelope = id !== undefined && !notEnvelopes.has(id);
  const told = [...query].filter(([name, value]) => value !== '' && (!isOneEnvelope || paging.has(name.toLowerCase())));
  const names = told.map(([name, value]) => `${encodeURIComponent(name.toLowerCase())}=${encodeURIComponent(value)}`);
  const resource = `/${segments.map((segment) => encodeURIComponent(segment.toLowerCase())).join('/')}`;
  return names.length === 0 ? resource : `${resource}?${names.toSorted().join('&')}`;
}

const republished = /\/connect\/envelopes\/([^/]+)\/retry_queue\/?$/i;

function republishedOf(path: string): string | null {
  const id = republished.exec(path)?.[1];
  return id === undefined ? null : guid.test(id) ? id.toLowerCase() : id;
}
