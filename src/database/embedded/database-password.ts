import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedDatabaseError } from './embedded-database-error.ts';
import { writePrivateFile } from './private-file.ts';
import { runTool } from './server-spawn.ts';
import type { ServerUser } from './server-user.rules.ts';
import { unlessAbsent } from './unless-absent.ts';

/** Name of the database and of its owner. */
export const databaseName = 'posthorn';

/** The password kept in the data folder, or undefined when there is none (yet, or any more). */
export async function readPassword(dataFolder: string): Promise<string | undefined> {
  const text = await unlessAbsent(readFile(passwordPath(dataFolder), 'utf8'));
  return text?.trim() || undefined;
}

/** Makes a password and keeps it, before a cluster is made with it. */
export async function createPassword(dataFolder: string): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  await writePrivateFile(passwordPath(dataFolder), `${password}\n`);
  return password;
}

/** Gives an existing, stopped cluster a new password, for when the file with the old one was lost. */
export async function resetPassword(input: {
  dataFolder: string;
  clusterFolder: string;
  postgres: string;
  user: ServerUser;
}): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  const { exitCode, output } = await runTool({
    command: input.postgres,
    args: ['--single', '-D', input.clusterFolder, '-c', 'listen_addresses=', 'postgres'],
    user: input.user,
    stdin: `ALTER ROLE ${databaseName} PASSWORD '${password}'\n`,
  });
  if (exitCode !== 0 || /\b(ERROR|FATAL|PANIC):/.test(output)) {
    throw new EmbeddedDatabaseError({
      code: 'password_rejected',
      what: `the password file ${passwordPath(input.dataFolder)} is gone and no new password could be set`,
      remedy: 'bring the file back from a backup',
      cause: output,
    });
  }
  await writePrivateFile(passwordPath(input.dataFolder), `${password}\n`);
  return password;
}

export function passwordPath(dataFolder: string): string {
  return join(dataFolder, 'postgres.password');
}
