/**
 * Whether a request has more than one Host header. RFC 9112, section 3.2, has servers refuse it: what stands in front may
 * have gone by the other one.
 * @param rawHeaders as they came: name, value, name, value
 */
export function hasSeveralHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}
