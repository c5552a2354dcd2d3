import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientSettings } from '../../config.ts';
import { CliFailure } from '../failure.ts';

/** The key to act with: `--key`, POSTHORN_KEY, or the operator key that Posthorn keeps in its data folder. */
export async function findKey(given: string | undefined, settings: ClientSettings): Promise<string> {
  const named = given ?? settings.key;
  if (named !== null) return named;
  const path = join(settings.dataFolder, 'operator-key');
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? `there is none in ${path}` : `${path} cannot be read (${code})`;
    throw new CliFailure(
      `no api key is given, and ${why}`,
      'give one with --key or POSTHORN_KEY, or set POSTHORN_DATA',
    );
  }
}
