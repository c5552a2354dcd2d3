const withPort = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/;
const bracketed = /^\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?$/;

/**
 * The address of a caller, as a trusted proxy told it in X-Forwarded-For: some balancers add the port, and write
 * `203.0.113.9:4711` or `[2001:db8::9]:4711`. Anything else is answered as it is.
 */
export function callerAddress(ip: string): string {
  return (withPort.exec(ip) ?? bracketed.exec(ip))?.[1] ?? ip;
}
