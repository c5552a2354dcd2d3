import type { Finding } from '../../readiness/finding.ts';
import { failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

/** A server that was met, and by which way out. `isSound`: what it speaks and shows is to be accepted. */
export type MetServer = {
  called: string;
  isSound: boolean;
  way: 'delivery' | 'call';
  /** Requests that the server could read. */
  requests: number;
};
export type PublicAddress = {
  isHttps: boolean;
  /** Of each version: whether a client that speaks it alone was let in. */
  versions: readonly { version: string; isOld: boolean; connected: boolean }[];
  /** Null when the chain is trusted; otherwise why not. */
  chainProblem: string | null;
  daysLeft: number | null;
};
export type TlsFacts = {
  servers: readonly MetServer[];
  address: PublicAddress;
  /** Old versions that this machine cannot speak itself, so that being refused says nothing of them. */
  unspoken: readonly string[];
};

const fewestDays = 21;
const command = 'POSTHORN_PUBLIC_URL names the address; TLS ends at the proxy in front of it';

/** Only TLS 1.2 and 1.3 connect, both ways, and no bad certificate is shown a request. */
export function judgeTls({ servers, address, unspoken }: TlsFacts): Finding {
  const tooMuch = servers.filter(({ isSound, requests }) => !isSound && requests > 0);
  const tooLittle = servers.filter(({ isSound, requests }) => isSound && requests === 0);
  const values = { servers: servers.length, publicHttps: address.isHttps, daysLeft: address.daysLeft };
  const nameAll = (some: readonly MetServer[]): string =>
    listed(some.map(({ called, way }) => `${called} by a ${way}`));
  if (tooMuch.length > 0) return failed(`A request was shown to ${nameAll(tooMuch)}.`, values);
  if (tooLittle.length > 0) return failed(`No request reached ${nameAll(tooLittle)}.`, values);
  if (!address.isHttps) return failed('The public address is not https.', values, command);
  const old = address.versions.filter(({ isOld, connected }) => isOld && connected);
  if (old.length > 0) {
    return failed(`The public address takes ${listed(old.map(({ version }) => version))}.`, values, command);
  }
  if (address.chainProblem !== null) {
    return failed(`The certificate of the public address is not trusted: ${address.chainProblem}.`, values, command);
  }
  if (!address.versions.some(({ isOld, connected }) => !isOld && connected) || address.daysLeft === null) {
    return unknown('The public address could not be reached from here.', values, command);
  }
  if (address.daysLeft < fewestDays) {
    return failed(`The certificate of the public address is good for ${address.daysLeft} days.`, values, command);
  }
  if (unspoken.length > 0 || servers.length === 0) {
    return unknown(`This machine cannot speak ${listed(unspoken)} to try it.`, values);
  }
  return passed(
    'TLS 1.2 and 1.3 alone connect, both ways, and servers with bad certificates were shown nothing.',
    values,
  );
}
