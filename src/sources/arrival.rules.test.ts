import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { networkContains, parseAddress, parseNetwork } from '../egress/address.rules.ts';
import { isByName, networkOfSender, originOf, storedArrival } from './arrival.rules.ts';

describe('where a request came from', () => {
  test.each([
    ['9.9.9.9', 'outside'],
    ['::ffff:9.9.9.9', 'outside'],
    ['2620:fe::9', 'outside'],
    ['127.0.0.1', 'loopback'],
    ['::ffff:127.8.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['10.1.2.3', 'inside'],
    ['192.168.0.1', 'inside'],
    ['169.254.7.7', 'inside'],
    ['fe80::1', 'inside'],
    ['fd00::1', 'inside'],
    ['203.0.113.7', 'inside'],
    ['unknown', 'inside'],
    ['', 'inside'],
  ])('%s is %s', (address, origin) => {
    expect(originOf(address)).toBe(origin);
  });

  test.each([
    ['9.9.9.9', '9.9.9.0/24'],
    ['::ffff:9.9.9.9', '9.9.9.0/24'],
    ['2620:fe:1:2::9', '2620:fe:1::/48'],
    ['unknown', null],
  ])('of %s only %s is kept', (address, network) => {
    expect(networkOfSender(address)).toBe(network);
  });

  test('the network that is kept holds the address, and is never one address', () => {
    const addresses = fc.oneof(fc.ipV4(), fc.ipV6()).filter((text) => isIP(text) !== 0);
    fc.assert(
      fc.property(addresses, (address) => {
        const network = parseNetwork(networkOfSender(address) ?? '');
        const parsed = parseAddress(address);
        if (network === null || parsed === null) throw new Error(`${address} has no network`);
        expect(networkContains(network, parsed)).toBe(true);
        expect(network.prefix).toBe(parsed.family === 4 ? 24 : 48);
      }),
    );
  });

  test('of senders inside nothing is kept', () => {
    const arrival = { address: '10.1.2.3', host: 'h'.repeat(300), eventId: null };
    expect(storedArrival(arrival, 7)).toEqual({
      origin: 'inside',
      arrival: { atMs: 7, host: 'h'.repeat(255), network: null, eventId: null },
    });
  });

  test.each([
    ['hooks.example.com', 'https://hooks.example.com', true],
    ['HOOKS.example.com:443', 'https://hooks.example.com/posthorn', true],
    ['hooks.example.com:8443', 'https://hooks.example.com:8443', true],
    ['hooks.example.com:80', 'https://hooks.example.com', false],
    ['9.9.9.9', 'https://hooks.example.com', false],
    ['evil.example?hooks.example.com', 'https://hooks.example.com', false],
    ['', 'https://hooks.example.com', false],
  ])('%j is the name of %s: %s', (host, url, isIt) => {
    expect(isByName(host, url)).toBe(isIt);
  });
});
