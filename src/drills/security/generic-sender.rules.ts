import { createHmac } from 'node:crypto';
import type { Options } from '../../providers/provider-profile.ts';
import type { SimulatedRequest } from '../../simulation/simulated-request.ts';

/** What a request of a sender that only options describe is made of. */
export type GenericRequest = { url: string; secret: string; atMs: number; id: string; subject: string };

/** Whether the signature is over the body, and whether over a time, as the source's options say. */
export function coverageOfGeneric(options: Options): { covers: 'body' | 'fields' | 'nothing'; signsTime: boolean } {
  if (textOf(options, 'scheme', 'hmac') !== 'hmac') return { covers: 'nothing', signsTime: false };
  const signed = textOf(options, 'signedContent', '{body}');
  return { covers: signed.includes('{body}') ? 'body' : 'fields', signsTime: signed.includes('{timestamp}') };
}

/** Signs as a source of the provider `generic` is set up to verify. */
export function genericRequest(options: Options, { url, secret, atMs, id, subject }: GenericRequest): SimulatedRequest {
  const content = { id: subject, type: 'drill.sent', at: atMs };
  const body = Buffer.from(JSON.stringify(withPath(content, textOf(options, 'duplicatesPath', ''), subject)));
  const unitMs = textOf(options, 'timestampUnit', 'seconds') === 'milliseconds' ? 1 : 1000;
  const timestamp = String(Math.floor(atMs / unitMs));
  const headers: [string, string][] = [['content-type', 'application/json']];
  const put = (option: string, value: string): void => {
    const name = textOf(options, option, '');
    if (name !== '') headers.push([name, value]);
  };
  put('timestampHeader', timestamp);
  put('idHeader', id);
  put('eventTypeHeader', 'drill.sent');
  const prefix = textOf(options, 'prefix', '');
  const header = textOf(options, 'header', 'x-signature');
  switch (textOf(options, 'scheme', 'hmac')) {
    case 'basic':
      headers.push(['authorization', `Basic ${Buffer.from(secret).toString('base64')}`]);
      break;
    case 'shared-secret':
      headers.push([header, prefix + secret]);
      break;
    default: {
      const hmac = createHmac(textOf(options, 'algorithm', 'sha256'), secret);
      const fields: Readonly<Record<string, string | Buffer>> = {
        '{body}': body,
        '{timestamp}': timestamp,
        '{id}': id,
      };
      for (const part of textOf(options, 'signedContent', '{body}').split(/(\{\w+\})/))
        hmac.update(fields[part] ?? part);
      const encoding = textOf(options, 'encoding', 'hex') === 'base64' ? 'base64' : 'hex';
      headers.push([header, prefix + hmac.digest(encoding)]);
    }
  }
  return { method: 'POST', url, headers, body };
}

/** Where the source looks for what tells notifications apart. */
function withPath(target: Record<string, unknown>, path: string, value: string): Record<string, unknown> {
  if (path === '') return target;
  const [first = '', ...rest] = path.split('.');
  return { ...target, [first]: rest.length === 0 ? value : withPath({}, rest.join('.'), value) };
}

function textOf(options: Options, name: string, otherwise: string): string {
  const value = options[name];
  return typeof value === 'string' ? value : otherwise;
}
