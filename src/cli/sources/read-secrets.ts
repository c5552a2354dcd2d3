import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CliFailure } from '../failure.ts';

export type SecretFlags = { secret?: readonly string[]; secretFile?: readonly string[]; kind?: string };

/**
 * The secrets that the flags name, those of --secret first. A line break at the end of a file or of standard input is
 * not part of one.
 * @param stdin read once, for the one `-`.
 */
export async function readSecrets(flags: SecretFlags, stdin: NodeJS.ReadableStream = process.stdin): Promise<string[]> {
  const given: Given[] = [
    ...(flags.secret ?? []).map((text): Given => (text === '-' ? { from: 'stdin' } : { from: 'flag', text })),
    ...(flags.secretFile ?? []).map((path): Given => (path === '-' ? { from: 'stdin' } : { from: 'file', path })),
  ];
  if (given.filter(({ from }) => from === 'stdin').length > 1) {
    throw new CliFailure('standard input is named twice', 'it holds one secret; name files for the others', 2);
  }
  const secrets: string[] = [];
  for (const each of given) {
    const secret = each.from === 'flag' ? each.text : withoutLineEnd(await readGiven(each, stdin));
    if (secret === '') throw new CliFailure('a secret is empty', 'copy it from the provider', 2);
    secrets.push(secret);
  }
  return secrets;
}

type Given = { from: 'flag'; text: string } | { from: 'file'; path: string } | { from: 'stdin' };

function readGiven(given: Exclude<Given, { from: 'flag' }>, stdin: NodeJS.ReadableStream): Promise<string> {
  return given.from === 'file' ? readSecretFile(given.path) : text(stdin);
}

async function readSecretFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new CliFailure(`${path} cannot be read (${code})`, 'name a file with --secret-file, or - to read here');
  }
}

function withoutLineEnd(secret: string): string {
  return secret.replace(/\r?\n$/, '');
}
