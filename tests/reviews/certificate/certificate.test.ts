import { assert, integer, property } from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../../src/audit/certificate-signature.rules.ts';
import type { Certificate } from '../../../src/reviews/certificate/certificate.rules.ts';
import { readKnownKey, verifyCertificate } from '../../../src/reviews/verify-certificate.ts';
import { type Changed, forge, forger, openCertificateStand } from './certificate-stand.ts';

type Stand = Awaited<ReturnType<typeof openCertificateStand>>;
let stand: Stand;
let passed: Awaited<ReturnType<Stand['passedReview']>>;
let bundle = '';
beforeAll(async () => {
  stand = await openCertificateStand();
  passed = await stand.passedReview();
  bundle = (await stand.certificate(passed.team, passed.review)).text;
});
afterAll(() => stand[Symbol.asyncDispose]());

const places = (text: string) => verifyCertificate(text, null).faults.map(({ place, what }) => `${place} ${what}`);
type Parts = Changed<Certificate['parts']>;

function first<Item>(items: readonly Item[], isIt: (item: Item) => boolean = () => true): Item {
  const found = items.find(isIt);
  if (found === undefined) throw new Error('there is none to change');
  return found;
}

describe('a certificate', () => {
  test('holds the whole review, and verifies with the key that the gateway publishes', async () => {
    const { publicKey } = await stand.signer();
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    for (const known of [pem, fingerprintOf(publicKey), fingerprintOf(publicKey).slice(0, 16).toUpperCase()]) {
      expect(verifyCertificate(bundle, readKnownKey(known))).toMatchObject({ faults: [], isKeyTrusted: true });
    }
    const { faults, isKeyTrusted, certificate } = verifyCertificate(bundle, null);
    expect({ faults, isKeyTrusted }).toEqual({ faults: [], isKeyTrusted: false });
    expect(certificate?.manifest).toMatchObject({ review: passed.review, team: passed.team, passed: true });
    const { parts } = certificate as Certificate;
    expect(parts.people.map(({ name }) => name).toSorted()).toEqual(['Ada Example', 'Bo Example', 'Cy Example']);
    expect(parts.checks.map(({ state }) => state).toSorted()).toEqual([
      'attested',
      'attested',
      'passed',
      'passed',
      'waived',
    ]);
    expect(parts.signOffs).toHaveLength(2);
    expect(bundle).not.toContain('@example.com');
  });

  test('is on record when it is issued, and its head of the audit log covers that', async () => {
    const { rows } = await stand.database.pool.query<{ sequence: string; content: string; hash: string }>(
      `SELECT sequence, content, encode(hash, 'hex') AS hash FROM audit_entry WHERE action = 'certificate.issued'
        AND target_id = $1 ORDER BY sequence`,
      [passed.review],
    );
    const { parts } = JSON.parse(bundle) as Certificate;
    expect(parts.audit.heads).toEqual([
      { team: passed.team, sequence: Number(rows[0]?.sequence), hash: rows[0]?.hash },
    ]);
    expect(rows[0]?.content).toContain(parts.evidenceSet.reviewId);
  });

  test('is issued of a review that did not pass as well, and says so', async () => {
    const review = await stand.createReview(passed.team);
    const { text } = await stand.certificate(passed.team, review);
    const { faults, certificate } = verifyCertificate(text, null);
    expect({ faults, passed: certificate?.manifest.passed }).toEqual({ faults: [], passed: false });
    const stranger = await stand.addMember(await stand.createTeam());
    const path = `/v1/teams/${passed.team}/reviews/${review}/certificate`;
    expect((await stand.call('GET', path, { key: stranger.key })).status).toBe(404);
    expect((await stand.certificate(passed.team, 'rev_nonsense')).status).toBe(404);
  });

  test('is refused with another key than the one that is known', () => {
    const known = readKnownKey(fingerprintOf(forger.publicKey));
    expect(verifyCertificate(bundle, known).faults).toMatchObject([{ place: 'publicKey' }]);
    const key = { kind: 'key', key: forger.publicKey } as const;
    expect(verifyCertificate(bundle, key).faults[0]).toMatchObject({ place: 'publicKey' });
    expect(
      verifyCertificate(
        forge(bundle, () => undefined),
        null,
      ).faults,
    ).toEqual([]);
    expect(readKnownKey('not a key')).toBeNull();
  });
});

describe('a change to a certificate', () => {
  test('of any byte is found', () => {
    const bytes = Buffer.from(bundle, 'utf8');
    assert(
      property(integer({ min: 0, max: bytes.length - 1 }), integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(verifyCertificate(changed.toString('utf8'), null).faults.length, `byte ${at}`).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  test('of any byte outside of its readings is found, one by one', () => {
    const small = forge(bundle, (parts) => {
      parts.page = 'p';
      parts.pdf = 'cA==';
      parts.checks = parts.checks.slice(0, 1);
      [parts.attestations, parts.waivers, parts.signOffs, parts.people] = [[], [], [], []];
    });
    const bytes = Buffer.from(small, 'utf8');
    const unseen: number[] = [];
    const before = new Set(places(small));
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const faults = verifyCertificate(changed.toString('utf8'), null).faults.map(
        ({ place, what }) => `${place} ${what}`,
      );
      if (faults.every((fault) => before.has(fault))) unseen.push(at);
    }
    expect(unseen).toEqual([]);
  }, 120_000);

  test('that cuts, adds or pads is found', () => {
    const value = JSON.parse(bundle) as { parts: object & { people: unknown } };
    expect(places(bundle.slice(0, -1))).toMatchObject([expect.stringContaining('bytes between')]);
    expect(places(`${bundle}\n`)).toHaveLength(1);
    expect(places(bundle.slice(0, 500))).toMatchObject([expect.stringMatching(/^the file is no JSON/)]);
    expect(places(JSON.stringify(value, null, 1))).toHaveLength(1);
    expect(places('[]\n')).toMatchObject([expect.stringMatching(/^the file is no certificate/)]);
    expect(places(bundle.replace('{"manifest"', '{"another":1,"manifest"'))).toHaveLength(1);
    const { people: _, ...rest } = value.parts;
    const written = (parts: object) => `${JSON.stringify({ ...value, parts })}\n`;
    expect(places(written(rest))).toContain('parts people is not there: it was taken away');
    const more = { ...value.parts, zebra: 1 };
    expect(places(written(more))).toContain('parts zebra is no part of a certificate: it was added');
    expect(places(written({ ...value.parts, waivers: [] }))).toEqual([
      'parts waivers is not what was signed: it was changed',
    ]);
  });

  /** What whoever holds the key of a gateway could sign, and what does not fit together then. */
  test.each<[string, (parts: Parts) => void, string]>([
    [
      'a failed check that is called passed',
      (p) => {
        const { evidence } = first(p.checks, (check) => check.evidence !== null);
        if (evidence !== null) evidence.finding.state = 'failed';
      },
      'evidence that does not fit its hash',
    ],
    [
      'evidence of another check',
      (p) => {
        const [one, other] = p.checks.filter(({ evidence }) => evidence !== null);
        if (one !== undefined) one.evidence = other?.evidence ?? null;
      },
      'evidence of another check or subject',
    ],
    [
      'a check that passed without evidence',
      (p) => {
        first(p.checks, ({ state }) => state === 'passed').evidence = null;
      },
      'counts as passed without evidence',
    ],
    [
      'a check that is left out',
      (p) => {
        p.checks.pop();
      },
      'which the evidence set has',
    ],
    [
      'a check that stands otherwise than it was signed',
      (p) => {
        first(p.checks, ({ state }) => state === 'waived').state = 'passed';
      },
      'does not stand as the evidence set says',
    ],
    [
      'an attestation that nobody confirmed',
      (p) => {
        first(p.attestations, ({ review }) => review !== null).review = null;
      },
      'waits for a reviewer',
    ],
    [
      'an attestation that was confirmed by its author',
      (p) => {
        const one = first(p.attestations, ({ review }) => review !== null);
        one.review = { by: one.author, atMs: one.attestedAtMs };
      },
      'waits for a reviewer',
    ],
    [
      'an attestation that is over',
      (p) => {
        first(p.attestations).expiresAtMs = first(p.attestations).attestedAtMs + 1;
      },
      'counts as attested',
    ],
    [
      'a waiver of its owner',
      (p) => {
        const one = first(p.waivers);
        one.approval = { by: one.owner, atMs: one.requestedAtMs };
      },
      'no waiver of it is in force',
    ],
    [
      'a waiver of a blocker',
      (p) => {
        first(p.checks, ({ state }) => state === 'waived').severity = 'blocker';
      },
      'no waiver of it is in force',
    ],
    [
      'a waiver that was taken back',
      (p) => {
        first(p.waivers).endedAtMs = first(p.waivers).requestedAtMs + 120_000;
      },
      'no waiver of it is in force',
    ],
    [
      'a signature before what it stands on',
      (p) => {
        first(p.signOffs).signedAtMs = first(p.attestations).attestedAtMs - 1;
      },
      'was given before',
    ],
    [
      'a signature after the certificate',
      (p) => {
        first(p.signOffs).signedAtMs += 86_400_000;
      },
      'after the certificate was issued',
    ],
    [
      'a signature over other evidence',
      (p) => {
        first(p.signOffs).evidenceHash = 'a'.repeat(64);
      },
      'stands otherwise than it says',
    ],
    [
      'a signature of somebody else',
      (p) => {
        first(p.signOffs).memberId = first(p.people, ({ name }) => name === 'Cy Example').id;
      },
      'stands otherwise than it says',
    ],
    [
      'a signature that is left out',
      (p) => {
        p.signOffs.pop();
      },
      'lacks signatures for',
    ],
    [
      'somebody who is not named',
      (p) => {
        p.people.pop();
      },
      'people has no mem_',
    ],
    [
      'a better verdict',
      (p) => {
        p.review.verdict.passed = false;
      },
      'another verdict than its checks',
    ],
    [
      'more progress',
      (p) => {
        first(p.review.sections).passed += 1;
      },
      'another progress',
    ],
    [
      'another scope',
      (p) => {
        p.evidenceSet.scope = { selfHosted: false };
      },
      'stands otherwise than it says',
    ],
    [
      'another review',
      (p) => {
        p.review.id = 'rev_01kajxkkj8ffkr1g8xs6a3ek0r';
      },
      'is another one than the manifest says',
    ],
    [
      'parts that are none',
      (p) => {
        Object.assign(p, { signOffs: 7 });
      },
      'cannot be judged',
    ],
  ])('is found though it was signed anew: %s', (_, change, expected) => {
    const found = places(forge(bundle, change));
    expect(found.join('\n')).toContain(expected);
  });

  test('of the evidence set alone is found', () => {
    const change = (parts: Parts) => void (parts.evidenceSet.release = '9.9.9');
    expect(places(forge(bundle, change, false)).join('\n')).toContain('evidenceSet has another hash');
  });
});
