import type { SimulatedRequest } from '../../simulation/simulated-request.ts';

/** Longer bodies are piped: a command's arguments have a limit, a shell's own `printf` has none. */
const longestArgument = 100_000;

/** A request as a command for a POSIX shell. Its signature is real, and so is a secret that is sent as it is. */
export function curlCommand({ method, url, headers, body }: SimulatedRequest): string {
  const text = shellQuoted(body.toString('utf8'));
  const isPiped = text.length > longestArgument;
  const parts = [`curl ${shellQuoted(url)}`];
  // curl drops a header without a value unless it ends in a semicolon.
  for (const [name, value] of headers) parts.push(`-H ${shellQuoted(value === '' ? `${name};` : `${name}: ${value}`)}`);
  if (method === 'POST') parts.push(`--data-binary ${isPiped ? '@-' : text}`);
  const command = parts.join(' \\\n  ');
  return isPiped ? `printf %s ${text} | ${command}` : command;
}

/** A request as it goes over the wire: HTTP/1.1, RFC 9112. */
export function rawRequest({ method, url, headers, body }: SimulatedRequest): string {
  const { host, pathname, search } = new URL(url);
  const length = method === 'POST' ? [`Content-Length: ${body.length}`] : [];
  const lines = [
    `${method} ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...length,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body.toString('utf8')}`;
}

export function requestAsJson(event: string, { method, url, headers, body }: SimulatedRequest): string {
  return JSON.stringify({ event, method, url, headers: Object.fromEntries(headers), body: body.toString('utf8') });
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
