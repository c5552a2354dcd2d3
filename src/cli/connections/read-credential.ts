import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { credentialFields } from '../../connections/credential-kinds.rules.ts';
import { CliFailure } from '../failure.ts';
import { splitPair } from '../sources/source-settings.ts';
import { askHidden } from './ask-hidden.ts';

export type CredentialFlags = {
  credential?: string;
  kind?: string;
  field?: readonly string[];
  secretFile?: string;
  fromFile?: readonly string[];
  fromEnv?: readonly string[];
  fromCommand?: readonly string[];
};

/** Where a secret comes from when no flag says it: a person, or a pipe. */
export type SecretInput = { stdin: NodeJS.ReadableStream; isTerminal: boolean; say: (text: string) => void };

/** This process's own. */
export function ownInput(): SecretInput {
  return {
    stdin: process.stdin,
    isTerminal: process.stdin.isTTY,
    say: (question) => void process.stderr.write(question),
  };
}

type Field = string | { fromFile: string } | { fromEnv: string } | { fromCommand: readonly string[] };

/**
 * The fields of a credential of a kind. The secret one is never an argument, which everybody on the machine can see: it
 * comes from a file, a pipe or a prompt, unless it is to be read where Posthorn runs.
 */
export async function readFields(
  kind: string,
  flags: CredentialFlags,
  input: SecretInput,
): Promise<Record<string, Field>> {
  const specs = Object.entries(credentialFields as Readonly<Record<string, Record<string, { secret: boolean }>>>).find(
    ([name]) => name === kind,
  )?.[1];
  const [secretName] = Object.entries(specs ?? {}).find(([, { secret }]) => secret) ?? [];
  if (secretName === undefined) {
    const remedy = `write --kind ${Object.keys(credentialFields).join(', ')}`;
    throw new CliFailure(`there is no kind of credential ${kind}`, remedy, 2);
  }
  const fields: Record<string, Field> = {};
  for (const [name, value] of pairs(flags.field, '--field')) {
    if (name === secretName) {
      const remedy = `leave it out and enter it when asked, or name its file with --secret-file`;
      throw new CliFailure(`--field ${name} would show the secret to everybody on this machine`, remedy, 2);
    }
    fields[name] = value;
  }
  for (const [name, fromFile] of pairs(flags.fromFile, '--from-file')) fields[name] = { fromFile };
  for (const [name, fromEnv] of pairs(flags.fromEnv, '--from-env')) fields[name] = { fromEnv };
  for (const [name, words] of pairs(flags.fromCommand, '--from-command'))
    fields[name] = { fromCommand: wordsOf(words) };
  if (secretName in fields && flags.secretFile !== undefined) {
    throw new CliFailure(`${secretName} is given twice`, 'give --secret-file or where Posthorn reads it, not both', 2);
  }
  if (!(secretName in fields)) fields[secretName] = await readSecret(secretName, flags.secretFile, input);
  return fields;
}

async function readSecret(name: string, file: string | undefined, input: SecretInput): Promise<string> {
  const secret = (await readRaw(name, file, input)).replace(/\r?\n$/, '');
  if (secret !== '' || name === 'password') return secret;
  throw new CliFailure(`the secret (${name}) is empty`, 'copy it from the provider', 2);
}

async function readRaw(name: string, file: string | undefined, input: SecretInput): Promise<string> {
  if (file !== undefined && file !== '-') {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new CliFailure(`${file} cannot be read (${code})`, 'name a file with --secret-file, or - to read here');
    }
  }
  if (file === '-' || !input.isTerminal) return text(input.stdin);
  if (name === 'privateKey') throw new CliFailure('a private key has many lines', 'name its file: --secret-file', 2);
  const secret = await askHidden(`${name} (not shown): `, input.stdin, input.say);
  input.say('\n');
  return secret;
}

function pairs(given: readonly string[] | undefined, flag: string): [string, string][] {
  return (given ?? []).map((pair) => splitPair(pair, flag, 'field=value'));
}

/** A JSON array, or words with blanks between them. */
function wordsOf(words: string): string[] {
  if (!words.startsWith('[')) return words.split(/\s+/).filter((word) => word !== '');
  try {
    return (JSON.parse(words) as unknown[]).map(String);
  } catch {
    throw new CliFailure('--from-command is no JSON array', `write --from-command 'token=["vault","read","path"]'`, 2);
  }
}
