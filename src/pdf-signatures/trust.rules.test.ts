import { rootCertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSigningAuthority, type Signer, type SigningAuthority } from '../../tests/support/signed-pdf.ts';
import type { Certificate } from './certificate.rules.ts';
import { readCertificate, readTrustList } from './read-certificates.ts';
import { judgeTrust, type TrustFault } from './trust.rules.ts';

const dayMs = 86_400_000;
const issuing = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'];

let authority: SigningAuthority;
beforeAll(() => {
  authority = createSigningAuthority();
});
afterAll(() => authority.remove());

const certificateOf = (signer: Signer): Certificate => {
  const certificate = readCertificate(Buffer.from(signer.certPem));
  if (certificate === null) throw new Error('openssl made no certificate');
  return certificate;
};
const judge = (
  leaf: Signer,
  {
    others = [],
    trusted = [authority.root],
    atMs = Date.now(),
  }: { others?: Signer[]; trusted?: Signer[]; atMs?: number },
): TrustFault | null =>
  judgeTrust(certificateOf(leaf), {
    others: others.map(certificateOf),
    trusted: readTrustList([trusted.map(({ certPem }) => certPem).join('\n')]),
    atMs,
  });

describe('a certificate is trusted', () => {
  it('when a root of the trust list issued it, or an authority that leads there', () => {
    const { root, between } = authority;
    expect(judge(authority.make({ by: root }), {})).toBeNull();
    expect(judge(authority.make({ by: between }), { others: [between] })).toBeNull();
    expect(judge(authority.make({ by: between }), { others: [root, between] })).toBeNull();
  });

  it('when the trust list holds the authority between, or the certificate itself', () => {
    const leaf = authority.make({ by: authority.between });
    expect(judge(leaf, { trusted: [authority.between] })).toBeNull();
    expect(judge(leaf, { trusted: [leaf] })).toBeNull();
  });

  it('as far as an authority may have others below it', () => {
    const most = (length: number): string[] => [
      `basicConstraints=critical,CA:TRUE,pathlen:${length}`,
      'keyUsage=critical,keyCertSign',
    ];
    const [none, one] = [0, 1].map((length) => authority.make({ by: authority.root, extensions: most(length) })) as [
      Signer,
      Signer,
    ];
    expect(judge(authority.make({ by: none }), { others: [none] })).toBeNull();
    const below = (by: Signer): TrustFault | null => {
      const middle = authority.make({ by, extensions: issuing });
      return judge(authority.make({ by: middle }), { others: [by, middle] });
    };
    expect(below(one)).toBeNull();
    expect(below(none)).toBe('no_chain');
  });
});

describe('a certificate is not trusted', () => {
  it('when it is its own issuer, even one of the trust list', () => {
    const own = authority.make();
    expect(judge(own, {})).toBe('self_issued');
    expect(judge(own, { trusted: [own] })).toBe('self_issued');
  });

  it('before and after its time, and neither does a chain hold longer than its authorities', () => {
    const leaf = authority.make({ by: authority.root, days: 10 });
    expect(judge(leaf, { atMs: Date.now() + 9 * dayMs })).toBeNull();
    expect(judge(leaf, { atMs: Date.now() + 11 * dayMs })).toBe('expired');
    expect(judge(leaf, { atMs: Date.now() - dayMs })).toBe('not_yet_valid');
    const short = authority.make({ by: authority.root, extensions: issuing, days: 5 });
    const long = authority.make({ by: short, days: 60 });
    expect(judge(long, { others: [short] })).toBeNull();
    expect(judge(long, { others: [short], atMs: Date.now() + 6 * dayMs })).toBe('no_chain');
    const root = authority.make({ extensions: issuing, days: 5 });
    const below = authority.make({ by: root, days: 60 });
    expect(judge(below, { trusted: [root], atMs: Date.now() + 6 * dayMs })).toBe('no_chain');
  });

  it('when nothing of the trust list issued it, whatever the names say', () => {
    const other = authority.make({ extensions: issuing });
    expect(judge(authority.make({ by: authority.root }), { trusted: [other] })).toBe('no_chain');
    expect(judge(authority.make({ by: authority.root }), { trusted: [] })).toBe('no_chain');
    expect(judge(authority.make({ by: authority.between }), {})).toBe('no_chain');
    const named = (subject: string): Signer => authority.make({ extensions: issuing, subject });
    expect(judge(authority.make({ by: named('The root') }), { trusted: [named('The root')] })).toBe('no_chain');
  });

  it('when who issued it may not: no authority, or none for certificates', () => {
    const leaf = authority.make({ by: authority.root });
    const forSigning = authority.make({
      by: authority.root,
      extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,digitalSignature'],
    });
    for (const by of [leaf, forSigning]) {
      expect(judge(authority.make({ by }), { others: [by] })).toBe('no_chain');
    }
  });

  it('when it is not for signing, or an authority demands what is not known here', () => {
    expect(judge(authority.make({ by: authority.root, extensions: ['keyUsage=critical,keyAgreement'] }), {})).toBe(
      'not_for_signing',
    );
    const constrained = authority.make({
      by: authority.root,
      extensions: [...issuing, 'nameConstraints=critical,permitted;DNS:example.com'],
    });
    expect(judge(authority.make({ by: constrained }), { others: [constrained] })).toBe('no_chain');
  });

  it('and the search ends when authorities issue each other in circles', () => {
    const subject = 'circle';
    const first = authority.make({ extensions: issuing, subject });
    const circle = Array.from({ length: 10 }, () =>
      authority.make({ by: first, keyOf: first, extensions: issuing, subject }),
    );
    expect(judge(authority.make({ by: first }), { others: [first, ...circle] })).toBe('no_chain');
  });
});

describe('a trust list', () => {
  it('is read from PEM texts, without what is no certificate', () => {
    expect(readTrustList(rootCertificates)).toHaveLength(rootCertificates.length);
    const broken = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
    expect(readTrustList([`${broken}\n# a root\n${authority.root.certPem}`, ''])).toHaveLength(1);
  });
});
