import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed } from '../../finding.rules.ts';

export type PublicHosts = { publicHost: string; endpointHosts: readonly string[] };

/** Services that lend a public name to a developer's machine, or keep requests for looking at. By their domains. */
const tunnelDomains = [
  'bore.pub',
  'devtunnels.ms',
  'expose.dev',
  'hookdeck.com',
  'instatunnel.my',
  'localhost.run',
  'localtunnel.me',
  'loca.lt',
  'lhr.life',
  'mockbin.io',
  'ngrok-free.app',
  'ngrok-free.dev',
  'ngrok.app',
  'ngrok.dev',
  'ngrok.io',
  'pagekite.me',
  'pinggy.io',
  'pinggy.link',
  'pipedream.net',
  'playit.gg',
  'requestbin.com',
  'requestcatcher.com',
  'serveo.net',
  'sharedwithexpose.com',
  'smee.io',
  'telebit.io',
  'trycloudflare.com',
  'tunnelmole.net',
  'typedwebhook.tools',
  'webhook.site',
  'zrok.io',
] as const;

/** Whether a host is a tunnel's, or below one. */
export function isTunnel(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return tunnelDomains.some((domain) => name === domain || name.endsWith(`.${domain}`));
}

/** Addresses that will be there tomorrow: none below the domain of a tunnel. */
export function judgeTunnels({ publicHost, endpointHosts }: PublicHosts): Finding {
  const hosts = [...new Set([publicHost, ...endpointHosts])];
  if (endpointHosts.length === 0 && publicHost === '') return notApplicable('There is no address to look at.');
  const tunnels = hosts.filter(isTunnel);
  const values = { hosts: hosts.length, tunnels: tunnels.length };
  if (tunnels.length === 0) return passed(`${counted(hosts.length, 'host')}, none of a tunnel.`, values);
  const command = isTunnel(publicHost)
    ? 'set POSTHORN_PUBLIC_URL to the address that stays, and restart'
    : 'PATCH /v1/teams/{team}/endpoints/{endpoint} {"url": "https://…"}';
  return failed(`Addresses of tunnels: ${listed(tunnels)}.`, values, command);
}
