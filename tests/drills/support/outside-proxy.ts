import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { passOn } from './pass-on.ts';

export type OutsideProxy = {
  /** Where the outside posts to. */
  url: string;
  /** The gateway behind it. */
  target: string;
  /** It lets nobody in from outside: connections are cut. */
  drops: boolean;
  /** Says who sent it and by which name, as a proxy of a production does; else it says nothing. */
  forwards: boolean;
  stop(): Promise<void>;
};

/** Of an address that the public internet routes. Nothing is ever sent there. */
const outsideAddress = '9.9.9.9';

/**
 * A proxy in front of a gateway, as nginx would be: who connects to it stands for somebody at an address outside, who
 * came by the public name.
 */
export async function startOutsideProxy(publicName: string): Promise<OutsideProxy> {
  const server = createServer((incoming, response) => {
    if (proxy.drops) {
      incoming.destroy();
      return;
    }
    const told = proxy.forwards ? { 'x-forwarded-for': outsideAddress, 'x-forwarded-host': publicName } : {};
    passOn(incoming, response, { target: proxy.target, headers: { ...incoming.headers, ...told } });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: OutsideProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: '',
    drops: false,
    forwards: true,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return proxy;
}
