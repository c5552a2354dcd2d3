import { readFileSync } from 'node:fs';

/** Posthorn's own version, from the package.json that it was published with. */
export function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
