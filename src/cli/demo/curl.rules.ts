const widest = 72;

/** A call of the API as a command that can be copied into a shell where URL and KEY are set. */
export function curlCommand(method: string, path: string, body?: unknown): string[] {
  const verb = method === 'GET' || body !== undefined ? '' : `-X ${method} `;
  const parts = [[`curl ${verb}"$URL${path}"`], ['-H "authorization: Bearer $KEY"']];
  if (body !== undefined) {
    const [first = '', ...rest] = jsonLines(body);
    parts.push(["-H 'content-type: application/json'"], [`-d '${first}`, ...rest]);
    const last = parts.at(-1) ?? [];
    last.push(`${last.pop() ?? ''}'`);
  }
  return parts.flatMap((lines, index) =>
    lines.map((line, each) => (each === lines.length - 1 && index < parts.length - 1 ? `${line} \\` : line)),
  );
}

/** JSON in one line, or with a line for each member when it is long; quotes made safe for a shell's single quotes. */
function jsonLines(body: unknown): string[] {
  const shellSafe = (text: string): string => text.replaceAll("'", String.raw`'\''`);
  const short = shellSafe(JSON.stringify(body));
  if (short.length <= widest || typeof body !== 'object' || body === null || Array.isArray(body)) return [short];
  const members = Object.entries(body).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return [
    '{',
    ...members.map((member, index) => shellSafe(`  ${member}${index < members.length - 1 ? ',' : ''}`)),
    '}',
  ];
}
