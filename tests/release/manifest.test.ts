import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { judgeManifest } from '../../src/release/judge-manifest.ts';
import { readManifestText } from '../../src/release/manifest-text.rules.ts';
import { install, type Installation } from './installation.ts';

let release: Installation;
let text = '';
beforeAll(async () => {
  release = install();
  text = await release.sign();
});
afterAll(() => release[Symbol.dispose]());
beforeEach(() => writeFileSync(release.manifestPath, text));

const faultOf = async (publicKey?: Parameters<Installation['read']>[0]) => {
  const facts = await release.read(publicKey);
  return facts.verified ? null : facts.fault;
};

describe('a manifest', () => {
  test('that the pipeline signed is believed, about the build that runs', async () => {
    const facts = await release.read();
    expect(facts).toMatchObject({ verified: true, manifest: { version: '1.2.3' } });
    expect(facts.running).toMatchObject({ code: 'dist', capabilities: ['delivery', 'sources'], decides: ['a.check'] });
  });

  test('of which any byte was changed, added or taken away is found out', () => {
    const bytes = Buffer.from(text, 'utf8');
    const isBelieved = (changed: Buffer): boolean => judgeManifest(changed.toString('utf8'), release.keys.publicKey).ok;
    expect(isBelieved(bytes)).toBe(true);
    const at = fc.nat(bytes.length - 1);
    fc.assert(
      fc.property(at, fc.integer({ min: 1, max: 255 }), (index, flipped) => {
        const changed = Buffer.from(bytes);
        changed[index] = (changed[index] ?? 0) ^ flipped;
        expect(isBelieved(changed)).toBe(false);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(at, fc.constantFrom(' ', '\n', '0', '"', '=', ',', '\u0000'), (index, added) => {
        const [before, after] = [bytes.subarray(0, index), bytes.subarray(index)];
        expect(isBelieved(Buffer.concat([before, Buffer.from(added), after]))).toBe(false);
        expect(isBelieved(Buffer.concat([before, after.subarray(1)]))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('is one text: a member that comes twice, or another order, is a change', () => {
    expect(readManifestText(text).ok).toBe(true);
    expect(readManifestText(text.replace('{"build"', '{"version":"9","build"')).ok).toBe(false);
    expect(readManifestText(`${JSON.stringify(JSON.parse(text), null, 2)}\n`).ok).toBe(false);
    for (const other of ['', 'null', '[]\n', '1\n', '{}']) expect(readManifestText(other).ok).toBe(false);
  });

  test("that another key signed is nobody's word, even where it calls itself the pipeline's", async () => {
    writeFileSync(release.manifestPath, await release.sign({}, generateKeyPairSync('ed25519').privateKey));
    expect(await faultOf()).toMatchObject({ kind: 'wrong', what: expect.stringContaining('another key') as string });
  });

  test('that was signed with a key made for it is not taken for the pipeline’s, whatever key is configured', async () => {
    writeFileSync(release.manifestPath, await release.sign({ signedBy: 'ephemeral' }));
    expect(await faultOf()).toMatchObject({ kind: 'ephemeral' });
  });

  test('proves nothing where nobody said which key is the pipeline’s, or where there is none', async () => {
    expect(await faultOf(null)).toMatchObject({ kind: 'no-key' });
    rmSync(release.manifestPath);
    expect(await faultOf()).toMatchObject({ kind: 'absent' });
  });

  test('of another version, or of no build, is about something else', async () => {
    writeFileSync(release.manifestPath, await release.sign({ version: '1.2.4' }));
    expect(await faultOf()).toMatchObject({ kind: 'wrong', what: 'The manifest is of 1.2.4, and 1.2.3 runs.' });
    const build = { dist: null, src: 'ab'.repeat(32), catalogue: 'ab'.repeat(32), capabilities: [] };
    writeFileSync(release.manifestPath, await release.sign({ build }));
    expect(await faultOf()).toMatchObject({ kind: 'wrong' });
  });

  test('that is signed well and is none is told where', async () => {
    writeFileSync(release.manifestPath, await release.sign({ commit: 'main' }));
    const fault = await faultOf();
    expect(fault).toMatchObject({ kind: 'wrong', what: expect.stringContaining('/commit') as string });
  });
});

describe('what is installed', () => {
  const place = (path: string): string => join(release.folder, path);

  test.each([
    ['a file that was changed', () => appendFileSync(place('dist/delivery/file.js'), '//\n')],
    ['a file that was added', () => writeFileSync(place('dist/late.js'), '')],
    ['a check that was changed', () => writeFileSync(place('readiness/checks.yaml'), '- id: x\n')],
    ['dependencies that were changed', () => writeFileSync(place('package.json'), '{"version":"1.2.3" }')],
  ])('is not what was built: %s', async (_what, change) => {
    const before = await release.read();
    expect(before.verified).toBe(true);
    change();
    expect(await faultOf()).toMatchObject({
      kind: 'wrong',
      what: expect.stringContaining('a file was changed') as string,
    });
    // The next case begins with another installation.
    release[Symbol.dispose]();
    release = install();
    text = await release.sign();
  });

  test('tests are no part of it', async () => {
    writeFileSync(place('dist/delivery/file.test.js'), 'test();\n');
    expect((await release.read()).verified).toBe(true);
  });
});
