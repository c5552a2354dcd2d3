import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

/** Secrets by what they are. */
export type Secrets = ReadonlyMap<string, string>;

/** The secrets that a text holds, as they are or in one of the ways in which texts write them. */
export function secretsIn(text: string, secrets: Secrets): string[] {
  const found: string[] = [];
  for (const [what, secret] of secrets) {
    const bytes = Buffer.from(secret);
    const spellings = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      bytes.toString('base64').replace(/=+$/, '').slice(0, -1),
      bytes.toString('base64url').slice(0, -1),
      bytes.toString('hex'),
    ];
    if (spellings.some((spelling) => text.includes(spelling))) found.push(what);
  }
  return found;
}

/** Every row of every table as text; bytes are in hex. By table. */
export async function dumpDatabase(url: string): Promise<Map<string, string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
          AND n.nspname NOT LIKE 'pg_toast%'`,
    );
    const dump = new Map<string, string>();
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      if (rows.length > 0) dump.set(name, rows.map(({ row }) => row).join('\n'));
    }
    return dump;
  } finally {
    await client.end();
  }
}

/** Every file of a folder, by its path in it. */
export async function readFolder(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(folder.length), await readFile(path, 'latin1'));
    }
  }
  return files;
}

/** What anybody on the machine sees of a process and its children: command lines and titles. */
export async function commandLinesOf(pid: number): Promise<string> {
  const seen = [await readFile(`/proc/${pid}/cmdline`, 'latin1'), await readFile(`/proc/${pid}/comm`, 'latin1')];
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1').catch(() => '');
  for (const child of children.split(' ').filter(Boolean)) {
    seen.push(await readFile(`/proc/${child}/cmdline`, 'latin1').catch(() => ''));
  }
  return seen.join('\n');
}
