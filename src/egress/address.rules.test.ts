import fc from 'fast-check';
import { BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import { compileAddressPolicy, judgeAddress } from './address.rules.ts';

const strict = compileAddressPolicy({ allowLoopback: false, allowedNetworks: [] });
const development = compileAddressPolicy({ allowLoopback: true, allowedNetworks: [] });

function allowing(...allowedNetworks: string[]) {
  return compileAddressPolicy({ allowLoopback: false, allowedNetworks });
}

const forbidden = [
  ['0.0.0.0', 'this network'],
  ['0.1.2.3', 'this network'],
  ['10.0.0.1', 'private'],
  ['10.255.255.255', 'private'],
  ['100.64.0.1', 'carrier'],
  ['100.127.255.255', 'carrier'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['169.254.1.1', 'link-local'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.8', 'protocol'],
  ['192.0.2.1', 'documentation'],
  ['192.88.99.1', '6to4'],
  ['192.168.1.1', 'private'],
  ['198.18.0.1', 'benchmarks'],
  ['198.19.255.255', 'benchmarks'],
  ['198.51.100.7', 'documentation'],
  ['203.0.113.9', 'documentation'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['169.254.169.254', 'metadata'],
  ['169.254.170.2', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['100.100.100.200', 'metadata'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::7f00:1', 'compatible'],
  ['::8.8.8.8', 'compatible'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:7f00:1', 'loopback'],
  ['0:0:0:0:0:ffff:a00:1', 'private'],
  ['::ffff:0:10.0.0.1', 'not global unicast'],
  ['64:ff9b::8.8.8.8', 'NAT64'],
  ['64:ff9b:1::1', 'local NAT64'],
  ['64:ff9b:1:ffff::1', 'local NAT64'],
  ['100::1', 'discarded'],
  ['2001::1', 'Teredo'],
  ['2001:2::1', 'benchmarks'],
  ['2001:10::1', 'protocol'],
  ['2001:db8::1', 'documentation'],
  ['2002:808:808::1', '6to4'],
  ['3fff::1', 'documentation'],
  ['5f00::1', 'not global unicast'],
  ['fc00::1', 'unique local'],
  ['fd12:3456::1', 'unique local'],
  ['fe80::1', 'link-local'],
  ['febf::1', 'link-local'],
  ['fec0::1', 'site-local'],
  ['ff02::1', 'multicast'],
  ['4000::1', 'not global unicast'],
  ['fd00:ec2::254', 'metadata'],
  ['fd20:ce::254', 'metadata'],
] as const;

const open = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '126.255.255.255',
  '128.0.0.1',
  '172.15.255.255',
  '172.32.0.1',
  '192.167.255.255',
  '198.17.255.255',
  '198.20.0.1',
  '223.255.255.255',
  '::ffff:8.8.8.8',
  '2001:200::1',
  '2001:4860:4860::8888',
  '2606:4700::1111',
  '2a00:1450:4001::1',
];

describe('which addresses requests may be sent to', () => {
  it.each(forbidden)('refuses %s, because it is %s', (address, reason) => {
    expect(judgeAddress(address, strict)).toEqual({ allowed: false, reason: expect.stringContaining(reason) });
  });

  it.each(open)('lets %s through', (address) => {
    expect(judgeAddress(address, strict)).toEqual({ allowed: true });
  });

  it.each(['', 'localhost', '127.1', '0x7f.0.0.1', '017.0.0.1', '2130706433', 'fe80::1%eth0', '[::1]', '1.1.1.1/32'])(
    'refuses %j, which is no literal address',
    (text) => {
      expect(judgeAddress(text, strict)).toEqual({ allowed: false, reason: 'is not an IP address' });
    },
  );

  it('opens loopback and nothing else in development', () => {
    for (const [address] of forbidden) {
      const loopback = /^(127\.|::1$|::ffff:(127\.|7f00:1))/.test(address);
      expect([address, judgeAddress(address, development).allowed]).toEqual([address, loopback]);
    }
  });

  it('opens exactly the networks that the operator names', () => {
    const policy = allowing('10.2.0.0/16', 'fd12:3456::/32', '127.0.0.1');
    expect(judgeAddress('10.2.255.255', policy).allowed).toBe(true);
    expect(judgeAddress('::ffff:10.2.0.1', policy).allowed).toBe(true);
    expect(judgeAddress('10.3.0.0', policy).allowed).toBe(false);
    expect(judgeAddress('fd12:3456:ffff::1', policy).allowed).toBe(true);
    expect(judgeAddress('fd12:3457::1', policy).allowed).toBe(false);
    expect(judgeAddress('127.0.0.1', policy).allowed).toBe(true);
    expect(judgeAddress('127.0.0.2', policy).allowed).toBe(false);
  });

  it('opens a metadata service only to a network that names that one address', () => {
    const wide = allowing('0.0.0.0/0', '::/0', '169.254.0.0/16', 'fd00::/8');
    expect(judgeAddress('169.254.169.254', wide).allowed).toBe(false);
    expect(judgeAddress('::ffff:169.254.169.254', wide).allowed).toBe(false);
    expect(judgeAddress('64:ff9b::169.254.169.254', wide).allowed).toBe(false);
    expect(judgeAddress('2002:a9fe:a9fe::1', wide).allowed).toBe(false);
    expect(judgeAddress('fd00:ec2::254', wide).allowed).toBe(false);
    expect(judgeAddress('169.254.1.1', wide).allowed).toBe(true);
    expect(judgeAddress('169.254.169.254', allowing('169.254.169.254/32')).allowed).toBe(true);
    expect(judgeAddress('fd00:ec2::254', allowing('fd00:ec2::254')).allowed).toBe(true);
  });

  it('judges the address behind a translator that the operator opened', () => {
    const policy = allowing('64:ff9b::/96', '2002::/16');
    expect(judgeAddress('64:ff9b::8.8.8.8', policy).allowed).toBe(true);
    expect(judgeAddress('64:ff9b::10.0.0.1', policy).allowed).toBe(false);
    expect(judgeAddress('2002:808:808::1', policy).allowed).toBe(true);
    expect(judgeAddress('2002:7f00:1::1', policy).allowed).toBe(false);
  });

  it.each(['10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0/8', 'fd00::/129', 'fe80::1%eth0/64', '1.1.1.1/8/8', 'x'])(
    'names %j as no network',
    (cidr) => {
      expect(() => allowing(cidr)).toThrow(`"${cidr}" is not a network`);
    },
  );

  it('reads a mapped network as the IPv4 network it is', () => {
    expect(judgeAddress('10.1.1.1', allowing('::ffff:10.0.0.0/104')).allowed).toBe(true);
    expect(() => allowing('::ffff:10.0.0.0/64')).toThrow('is not a network');
  });
});

describe('addresses in general', () => {
  const ipv4 = fc.oneof(
    fc.ipV4(),
    fc
      .tuple(fc.constantFrom(...forbidden.map(([address]) => address).filter((address) => !address.includes(':'))))
      .map(([address]) => address),
  );

  it('gives an IPv4 address the same verdict however it is mapped into IPv6', () => {
    fc.assert(
      fc.property(
        ipv4,
        fc.constantFrom(strict, development, allowing('10.0.0.0/8', '1.0.0.0/8')),
        (address, policy) => {
          const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
          const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
          const verdict = judgeAddress(address, policy);
          expect(judgeAddress(`::ffff:${address}`, policy)).toEqual(verdict);
          expect(judgeAddress(`::ffff:${hex}`, policy)).toEqual(verdict);
          expect(judgeAddress(`0:0:0:0:0:FFFF:${hex}`, policy)).toEqual(verdict);
        },
      ),
    );
  });

  it('never lets an IPv4 address out through a tunnel or translator', () => {
    fc.assert(
      fc.property(ipv4, (address) => {
        for (const prefix of ['::', '64:ff9b::', '64:ff9b:1::', '2001::', '::ffff:0:']) {
          expect(judgeAddress(`${prefix}${address}`, development).allowed).toBe(
            prefix === '::' && address === '0.0.0.1',
          );
        }
      }),
    );
  });

  it('agrees with the ranges of node:net for any IPv6 address', () => {
    const outside = new BlockList();
    outside.addSubnet('2000::', 3, 'ipv6');
    const inside = new BlockList();
    inside.addSubnet('2001::', 23, 'ipv6');
    inside.addSubnet('2001:db8::', 32, 'ipv6');
    inside.addSubnet('2002::', 16, 'ipv6');
    inside.addSubnet('3fff::', 20, 'ipv6');
    const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
    const first = fc.oneof(group, fc.constantFrom('2001', '2002', '3fff', '2000', '64', 'fd00', 'fe80', '100'));
    const second = fc.oneof(group, fc.constantFrom('0', 'db8', 'ff9b', '1ff', '200', 'fff', '1000'));
    fc.assert(
      fc.property(first, second, fc.array(group, { minLength: 6, maxLength: 6 }), (one, two, rest) => {
        fc.pre(one !== '0');
        const address = [one, two, ...rest].join(':');
        const expected = outside.check(address, 'ipv6') && !inside.check(address, 'ipv6');
        expect([address, judgeAddress(address, strict).allowed]).toEqual([address, expected]);
      }),
      { numRuns: 1000 },
    );
  });

  it('agrees with node:net on whether a network holds an address', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (base, address, prefix) => {
        const list = new BlockList();
        list.addSubnet(base, prefix, 'ipv4');
        fc.pre(!judgeAddress(address, strict).allowed && !metadata.has(address));
        expect(judgeAddress(address, allowing(`${base}/${prefix}`)).allowed).toBe(list.check(address, 'ipv4'));
      }),
    );
  });

  it('answers for any text without throwing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof judgeAddress(text, strict).allowed).toBe('boolean');
      }),
    );
  });
});

const metadata = new Set<string>(forbidden.filter(([, reason]) => reason === 'metadata').map(([address]) => address));
