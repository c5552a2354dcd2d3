import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { partSchemas, type ReleaseManifest, type ReleaseParts } from '../../src/release/manifest-schema.ts';
import { readInstalledFiles } from '../../src/release/installed-files.ts';
import { signManifest } from '../../src/release/manifest-text.rules.ts';
import { readRelease } from '../../src/release/read-release.ts';
import type { ReleaseFacts } from '../../src/release/release-facts.ts';
import { root } from '../docs/pages.ts';

export type Installation = Disposable & {
  folder: string;
  manifestPath: string;
  keys: { publicKey: KeyObject; privateKey: KeyObject };
  /** The manifest's text, as this key signs it. */
  sign(change?: Partial<ReleaseManifest>, key?: KeyObject): Promise<string>;
  read(publicKey?: KeyObject | null): Promise<ReleaseFacts>;
};

/** No part was measured, and each says so. */
export const nothingMeasured = Object.fromEntries(
  Object.keys(partSchemas).map((name) => [name, { status: 'not-measured', because: 'this is a test' }]),
) as unknown as ReleaseParts;

/** A small build in a folder of its own, without a manifest. */
export function install(): Installation {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-release-'));
  for (const name of ['delivery', 'sources']) {
    mkdirSync(join(folder, 'dist', name), { recursive: true });
    writeFileSync(join(folder, 'dist', name, 'file.js'), `export const name = '${name}';\n`);
  }
  cpSync(join(root, 'readiness', 'checklists'), join(folder, 'readiness', 'checklists'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"version":"1.2.3"}');
  const keys = generateKeyPairSync('ed25519');
  const installation = { folder, code: 'dist' } as const;
  return {
    folder,
    manifestPath: join(folder, 'release-manifest.json'),
    keys,
    async sign(change = {}, key = keys.privateKey) {
      const { digest, catalogue, capabilities } = await readInstalledFiles(folder, 'dist');
      const manifest = {
        format: 'posthorn-release-manifest-1',
        version: '1.2.3',
        commit: '0123456789abcdef0123456789abcdef01234567',
        madeAt: '2026-11-21T10:00:00.000Z',
        signedBy: 'pipeline',
        build: { dist: digest, src: null, catalogue, capabilities },
        parts: nothingMeasured,
        ...change,
      } as const;
      return signManifest(manifest, key);
    },
    read: (publicKey = keys.publicKey) =>
      readRelease({ installation, manifestPath: null, publicKey, decides: ['a.check'] }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
