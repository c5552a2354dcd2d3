import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionConfig, CredentialField } from '../connections/connection-config.ts';
import { dotenvFiles, type Surroundings } from './gateway-facts.ts';
import type { StrayCredential } from './instruments.ts';

type Place = { name: string; text: string; variable: string | null };

/** Fields that are secrets; the others name things. */
const secretFields: ReadonlySet<string> = new Set(['token', 'value', 'password', 'clientSecret', 'privateKey']);
/** A shorter one is in any text by chance. */
const shortest = 8;
const largestFileBytes = 1_048_576;

/**
 * Looks for the credentials of a connection where they are not to be: in the environment, the arguments, the settings and
 * the .env files of this node. Values are compared and forgotten; the variable that a credential refers to is its own place.
 * Those that a file or a command gives are not looked for: reading them is left to calls.
 */
export function createStrayCredentials(options: {
  find: (connectionId: string) => ConnectionConfig | null;
  surroundings: () => Surroundings;
}): (connectionId: string) => { found: readonly StrayCredential[]; unread: number } {
  return (connectionId) => {
    const credentials = options.find(connectionId)?.credentials ?? [];
    const surroundings = options.surroundings();
    const places = placesOf(surroundings);
    const fields = credentials.flatMap(({ name, fields: each }) =>
      Object.entries(each).flatMap(([field, value]) => (secretFields.has(field) ? [{ name, value }] : [])),
    );
    const found = fields.flatMap(({ name, value }) => {
      const secret = valueOf(value, surroundings);
      if (secret === null || secret.length < shortest) return [];
      const spelled = [secret, JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')];
      const own = 'fromEnv' in value ? value.fromEnv : null;
      return places
        .filter(({ variable }) => own === null || variable !== own)
        .filter(({ text }) => spelled.some((each) => text.includes(each)))
        .map((place) => ({ credential: name, place: place.name }));
    });
    const unread = fields.filter(({ value }) => 'fromFile' in value || 'fromCommand' in value).length;
    return { found, unread };
  };
}

function valueOf(field: CredentialField, { environment }: Surroundings): string | null {
  if ('value' in field) return field.value.trim();
  return 'fromEnv' in field ? (environment[field.fromEnv]?.trim() ?? null) : null;
}

function placesOf({ environment, arguments: given, workingFolder }: Surroundings): Place[] {
  const variables = Object.entries(environment).map(([variable, text = '']) => ({
    name: `the variable ${variable}`,
    text,
    variable,
  }));
  const settings = environment['POSTHORN_CONFIG'];
  const files = [
    ...dotenvFiles.map((name) => ({ name: `the file ${name}`, path: join(workingFolder, name) })),
    ...(settings === undefined ? [] : [{ name: 'the file that POSTHORN_CONFIG names', path: settings }]),
  ];
  return [
    ...variables,
    { name: 'the arguments of the process', text: given.join('\n'), variable: null },
    ...files.map(({ name, path }) => ({ name, text: textOf(path), variable: null })),
  ];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(0, largestFileBytes);
  } catch {
    return '';
  }
}
