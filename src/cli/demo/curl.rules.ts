/** A call of the API as a command that can be copied into a shell where URL and KEY are set. */
export function curlCommand(method: string, path: string, body?: unknown): string[] {
  const verb = method === 'GET' || body !== undefined ? '' : `-X ${method} `;
  const lines = [`curl ${verb}"$URL${path}"`, '-H "authorization: Bearer $KEY"'];
  if (body !== undefined) {
    const json = JSON.stringify(body).replaceAll("'", String.raw`'\''`);
    lines.push(`--json '${json}'`);
  }
  return lines.map((line, index) => (index === lines.length - 1 ? line : `${line} \\`));
}
