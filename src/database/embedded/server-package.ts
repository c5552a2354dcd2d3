import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EmbeddedDatabaseError } from './embedded-database-error.ts';
import { platformPackage } from './platform-package.rules.ts';

/** The server as npm installed it: `nativeFolder` holds bin, lib and share; `version` names this build. */
export type ServerPackage = { nativeFolder: string; version: string };

/** Finds the platform's package; throws `unsupported_platform` or `package_missing`. */
export async function findServerPackage(platform: string, arch: string): Promise<ServerPackage> {
  const name = platformPackage(platform, arch);
  if (!name) {
    throw new EmbeddedDatabaseError({
      code: 'unsupported_platform',
      what: `the embedded PostgreSQL does not run on ${platform} ${arch}`,
      remedy:
        'set DATABASE_URL to your own PostgreSQL (15 or newer), or run Posthorn on Linux, macOS, WSL or in a container',
    });
  }
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { nativeFolder: join(folder, 'native'), version };
  } catch (cause) {
    throw new EmbeddedDatabaseError({
      code: 'package_missing',
      what: `the embedded PostgreSQL is not installed (npm package ${name})`,
      remedy: `set DATABASE_URL to your own PostgreSQL (15 or newer), or run npm install --include=optional ${name}`,
      cause,
    });
  }
}
