import { isJsonObject } from '../../filtering/json.rules.ts';

const masked = '***';
const longestText = 256;
const longestPath = 2_000;
/** A larger body is not worth its parsing, and mostly documents. */
const largestBytes = 1_048_576;
const mostElements = 100;
const deepest = 24;
/** An address within a text counts as so many levels, and has so many parameters at most: others hide something. */
const queryLevels = 8;
const queryMark = /[?#]/;
const mostPairs = 24;

/** Names are compared without case and separators: `private_key` is `privatekey`. */
const secretName =
  /pass(?:word|wd|phrase|code)|secret|token|privatekey|apikey|accesskey|authorization|credential|assertion|signature|cookie|session|^(?:auth|pin|otp|code|jwt|key|sig|hmac|accesscode|idcheck.*)$/;
const personalName =
  /name$|mail|phone|mobile|sms|fax|address|street|city|postal|zip|birth|gender|ssn|taxid|iban|bic$|bank|initials|recipient$|signer$|contact$|person$/;
/** Names of things, which end like those of people. */
const thingName = /^(?:event|field|file|type|tab|template|operation|role)name$/;

const email = /[^\s@<>"'(),;:=&?/]+(?:@|%40)[^\s@<>"'(),;:=&?/]+\.[A-Za-z]{2,}/gi;
const opaque =
  /^(?:[A-Za-z0-9+/_-]{40,}={0,2}|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+|(?:api|sk|pk|whsec|bearer)[ _].{4,})$/i;
const address = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^/?#@]*)/i;

/**
 * A body as the ledger may keep it: JSON and forms with secrets and personal data masked and cut to `maxBytes`; null
 * for anything else, and for what cannot be read whole. Values stay that look like ids, codes, numbers and times; texts
 * of several words may hold names, so only their length does.
 * @param contentType the header, with its parameters; null when there was none
 */
export function maskBody(body: Buffer, contentType: string | null, maxBytes: number): Buffer | null {
  if (body.length === 0 || body.length > largestBytes) return null;
  const mediaType = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const text = mediaType === 'application/x-www-form-urlencoded' ? maskForm(body) : maskJson(mediaType, body);
  return text === null ? null : cut(Buffer.from(text), maxBytes);
}

/** A path with its query as the ledger may keep it: values that are secrets or personal data masked; cut. */
export function maskPath(path: string): string {
  const mark = path.indexOf('?');
  const query = mark === -1 ? '' : `?${maskPairs(path.slice(mark + 1), 0)}`;
  const segments = (mark === -1 ? path : path.slice(0, mark)).replaceAll(email, masked);
  return (segments + query).slice(0, longestPath);
}

function maskJson(mediaType: string, body: Buffer): string | null {
  if (mediaType !== 'application/json' && !mediaType.endsWith('+json')) return null;
  try {
    return JSON.stringify(maskValue(JSON.parse(body.toString('utf8')), 0));
  } catch {
    return null;
  }
}

function maskForm(body: Buffer): string {
  return maskPairs(body.toString('latin1'), 0);
}

function maskPairs(text: string, depth: number): string {
  return text
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=');
      if (at === -1) return maskText(decoded(pair), depth) === decoded(pair) ? pair : masked;
      const value = decoded(pair.slice(at + 1));
      const shown = maskNamed(decoded(pair.slice(0, at)), value, depth);
      return `${maskKey(pair.slice(0, at), depth)}=${shown === value ? pair.slice(at + 1) : String(shown)}`;
    })
    .join('&');
}

function maskValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskText(value, depth);
  if (depth >= deepest && typeof value === 'object' && value !== null) return masked;
  if (Array.isArray(value)) {
    const shown: unknown[] = value.slice(0, mostElements).map((each) => maskValue(each, depth + 1));
    return value.length > mostElements ? [...shown, `[${value.length - mostElements} more]`] : shown;
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([name, each]) => [maskKey(name, depth), maskNamed(name, each, depth)]);
  return Object.fromEntries(entries) as unknown;
}

function maskNamed(name: string, value: unknown, depth: number): unknown {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (value === null || value === '' || typeof value === 'boolean') return value;
  if (secretName.test(plain)) return masked;
  const isText = typeof value === 'string' || typeof value === 'number';
  if (isText && personalName.test(plain) && !thingName.test(plain)) return masked;
  if (Array.isArray(value) && personalName.test(plain)) {
    return value.map((each: unknown) => (typeof each === 'string' ? masked : maskValue(each, depth + 1)));
  }
  return maskValue(value, depth + 1);
}

/** Objects may have values as names, such as e-mail addresses. */
function maskKey(name: string, depth: number): string {
  return name.length > 64 || maskText(decoded(name), depth) !== decoded(name) ? masked : name;
}

/** @param depth of the JSON around it, and of addresses within addresses */
function maskText(text: string, depth: number): string {
  if (text.startsWith('JVBERi0')) return `[PDF in base64, ${text.length} characters]`;
  if (text.length > longestText) return `[${text.length} characters]`;
  if (text.includes('-----BEGIN ')) return masked;
  const url = address.exec(text);
  if (url !== null) return text.length === url[0].length && !text.includes('@') ? text : `${url[1]}${url[2]}/${masked}`;
  if (/\s/.test(text.trim())) return `[text of ${text.length} characters]`;
  const within = addressWithin(text);
  if (within > 0) return maskText(text.slice(0, within), depth) + maskText(text.slice(within), depth);
  const mark = text.search(queryMark);
  if (mark !== -1) {
    const query = text.slice(mark + 1);
    const isPlain = depth + queryLevels <= deepest && query.split('&', mostPairs + 1).length <= mostPairs;
    const shown = isPlain ? maskPairs(query, depth + queryLevels) : masked;
    return `${maskText(text.slice(0, mark), depth)}${text[mark]}${shown}`;
  }
  if (opaque.test(text) && !uuid.test(text)) return masked;
  return text.replaceAll(email, masked);
}

/** Where a URL begins that does not begin the text; -1 for none. Without a regular expression, which would look from each letter. */
function addressWithin(text: string): number {
  const colon = text.indexOf('://');
  if (colon === -1) return -1;
  let start = colon;
  while (start > 0 && /[a-z0-9+.-]/i.test(text[start - 1] as string)) start -= 1;
  while (start < colon && !/[a-z]/i.test(text[start] as string)) start += 1;
  return start === colon ? -1 : start;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Cut between two characters. */
function cut(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length <= maxBytes) return bytes;
  let end = Math.max(0, maxBytes);
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
