import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSecret, parseSecret } from '../../signing/secret.rules.ts';
import { CliFailure } from '../failure.ts';

type Subject = { url: string; team: string; source: string | null; endpoint: string | null };

const scheme = { scheme: 'standard-webhooks' } as const;

/** @throws CliFailure without any of the secret in it */
function checkedSecret(secret: string, where: string, remedy: string, exitCode: 1 | 2): string {
  const parsed = parseSecret(scheme, secret);
  if (parsed.ok) return secret;
  throw new CliFailure(`${where}: ${parsed.problem.replace(/[.\s]+$/, '')}`, remedy, exitCode);
}

/** What `--secret` says. @throws CliFailure */
export function readSecret(text: string): string {
  return checkedSecret(text, '--secret', 'leave it out, and one is made', 2);
}

/**
 * The secret of what is listened to, the same at every run: made at the first one and kept where only its owner reads.
 * @param folder Posthorn's own folder among the user's settings.
 * @throws CliFailure when it can neither be read nor made
 */
export async function storedSecret(folder: string, subject: Subject): Promise<string> {
  const { url, team, source, endpoint } = subject;
  const name = createHash('sha256').update([url, team, source, endpoint].join('\n')).digest('hex').slice(0, 20);
  const path = join(folder, 'listen', name);
  try {
    await mkdir(join(folder, 'listen'), { recursive: true, mode: 0o700 });
    // Whoever is first makes it; another run that begins at the same time reads it.
    await writeFile(path, `${generateSecret(scheme, randomBytes)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(path, error);
  }
  try {
    const text = (await readFile(path, 'utf8')).trim();
    const { mode } = await stat(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) await chmod(path, 0o600);
    return checkedSecret(text, path, 'delete the file to get a new secret', 1);
  } catch (error) {
    throw error instanceof CliFailure ? error : unusable(path, error);
  }
}

function unusable(path: string, error: unknown): CliFailure {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return new CliFailure(`${path} cannot be used (${code})`, 'give a secret with --secret, or set XDG_CONFIG_HOME');
}
