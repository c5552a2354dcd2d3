/** A text field of a form; or why there is none, in words that quote nothing of the body. */
export type FormField =
  | { found: true; value: Buffer }
  | { found: false; why: 'missing' | 'repeated' | 'unreadable'; detail: string };

const partsMax = 32;
const partHeadMaxBytes = 4_096;
const contentTypeMaxLength = 512;
const plainEncodings = new Set(['7bit', '8bit', 'binary']);

/**
 * The boundary of a `multipart/form-data` content type; null for any other one, and for a boundary that RFC 2046
 * section 5.1.1 does not allow.
 */
export function boundaryOf(contentType: string): string | null {
  if (contentType.length > contentTypeMaxLength) return null;
  const [, rest] = /^multipart\/form-data[ \t]*(;.*)$/i.exec(contentType) ?? [];
  const boundary = rest === undefined ? undefined : parametersOf(rest)?.get('boundary');
  return boundary !== undefined && /^[\w'()+,\-./:=? ]{0,69}[\w'()+,\-./:=?]$/.test(boundary) ? boundary : null;
}

/**
 * The one text field of this name in a `multipart/form-data` body (RFC 7578). Anything that two readers could
 * understand in two ways is refused: a preamble, folded or repeated headers, a field that comes twice, a body that
 * does not end as it should.
 */
export function readFormField(body: Buffer, boundary: string, name: string): FormField {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  if (!body.subarray(0, delimiter.length).equals(delimiter)) return unreadable('The form does not begin with a part.');
  let value: Buffer | null = null;
  let at = delimiter.length;
  for (let part = 0; part <= partsMax; part += 1) {
    const mark = body.toString('latin1', at, at + 2);
    if (mark === '--') {
      if (!/^(\r\n)?$/.test(body.toString('latin1', at + 2, at + 5))) return unreadable('Something follows the form.');
      if (value === null) return { found: false, why: 'missing', detail: `The form has no field ${name}.` };
      return { found: true, value };
    }
    if (mark !== '\r\n') return unreadable('A part of the form does not begin on a line of its own.');
    const headLength = body.subarray(at, at + partHeadMaxBytes).indexOf('\r\n\r\n', 0, 'latin1');
    if (headLength === -1) return unreadable('The headers of a part of the form do not end, or are too long.');
    const head = headOf(body.toString('latin1', at + 2, at + headLength));
    const start = at + headLength + 4;
    const end = body.indexOf(`\r\n--${boundary}`, start, 'latin1');
    if (head === null) return unreadable('The headers of a part of the form cannot be read.');
    if (end === -1) return unreadable('The form does not end.');
    if (head.name === name) {
      if (value !== null) return { found: false, why: 'repeated', detail: `The form has several fields ${name}.` };
      if (!head.isText) return unreadable(`The field ${name} is a file, or encoded.`);
      value = body.subarray(start, end);
    }
    at = end + 2 + delimiter.length;
  }
  return unreadable(`The form has more than ${partsMax} parts.`);
}

function unreadable(detail: string): FormField {
  return { found: false, why: 'unreadable', detail };
}

function headOf(text: string): { name: string; isText: boolean } | null {
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([^\r\n]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined || headers.has(name.toLowerCase())) return null;
    headers.set(name.toLowerCase(), value);
  }
  const [, rest] = /^form-data[ \t]*(;.*)$/i.exec(headers.get('content-disposition') ?? '') ?? [];
  const parameters = rest === undefined ? null : parametersOf(rest);
  const name = parameters?.get('name');
  if (parameters === null || name === undefined || parameters.has('name*')) return null;
  const isFile = parameters.has('filename') || parameters.has('filename*');
  const encoding = headers.get('content-transfer-encoding') ?? 'binary';
  return { name, isText: !isFile && plainEncodings.has(encoding.trim().toLowerCase()) };
}

/** The parameters after a header's value, `; name="json"; …`; null when they cannot be read or one comes twice. */
function parametersOf(text: string): Map<string, string> | null {
  const parameters = new Map<string, string>();
  const one = /[ \t]*;[ \t]*([\w!#$&+.^`|~*-]+)=(?:"([^"\\\r\n]*)"|([^\s";,]+))[ \t]*/y;
  while (one.lastIndex < text.length) {
    const [, name, quoted, token] = one.exec(text) ?? [];
    if (name === undefined || parameters.has(name.toLowerCase())) return null;
    parameters.set(name.toLowerCase(), quoted ?? token ?? '');
  }
  return parameters;
}
