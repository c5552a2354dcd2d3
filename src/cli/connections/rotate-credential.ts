import { CliFailure } from '../failure.ts';
import { expiryOf } from '../sources/credentials-after.rules.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderFields } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { entriesAfter } from './change-connection.ts';
import type { ConnectionAnswer } from './connection-answers.ts';
import { withRemedies } from './connection-settings.ts';
import { type CredentialFlags, ownInput, readFields } from './read-credential.ts';

export type RotateFlags = CommonFlags & CredentialFlags & { expireOld?: string };

/** Puts a new credential before those that there are, and says how to see that the old ones are of no use any more. */
export async function runRotate(
  connection: string,
  flags: RotateFlags,
  terminal: Terminal,
  input = ownInput(),
): Promise<void> {
  const { expireOld } = flags;
  // Old ones can end, not last: `never` is no time of theirs.
  if (expireOld !== undefined && typeof expiryOf(expireOld, Date.now()) !== 'string') {
    const remedy = 'write now, 12h, 7d or 2027-01-31T12:00:00Z';
    throw new CliFailure(`--expire-old ${expireOld} is no time`, remedy, 2);
  }
  const { api, path } = await openTeam(flags);
  const at = `${path}/connections/${encodeURIComponent(connection)}`;
  const before = await api.request<ConnectionAnswer>('GET', at);
  const old = before.credentials.map((each) => each.name);
  const name = flags.credential ?? unusedName(old, new Date().toISOString().slice(0, 10));
  if (old.includes(name)) {
    const remedy = 'give the new one another name with --credential: the old one goes on until you remove it';
    throw new CliFailure(`there is a credential ${name} already`, remedy, 2);
  }
  const expire = expireOld === undefined ? [] : old.map((each) => `${each}=${expireOld}`);
  const kept = entriesAfter(before, [], expire);
  const kind = flags.kind ?? before.credentials[0]?.kind ?? 'bearer';
  const fields = await readFields(kind, flags, input);
  const credentials = [{ name, kind, fields }, ...kept];
  const after = await withRemedies(() => api.request<ConnectionAnswer>('PATCH', at, { credentials }));
  if (flags.json === true) return terminal.out(JSON.stringify(after));
  for (const line of renderFields(rotatedFields(after, name), terminal)) terminal.out(line);
}

function unusedName(taken: readonly string[], date: string): string {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? date : `${date}-${count}`;
    if (!taken.includes(name)) return name;
  }
}

function rotatedFields(connection: ConnectionAnswer, name: string): [string, string][] {
  const old = connection.credentials.filter((each) => each.name !== name && !each.expired);
  const fields: [string, string][] = [
    ['rotated', connection.id],
    ['used', `${name}, from now on`],
    ...old.map((each): [string, string] => ['kept', `${each.name}, for when the provider refuses the new one`]),
    ...(old.length === 0 ? [] : nextSteps(connection.id, old)),
  ];
  return fields.map(([label, value]) => [label, safeText(value, 'lines')]);
}

function nextSteps(id: string, old: readonly { name: string }[]): [string, string][] {
  const removals = old.map(({ name }) => `--remove '${name}'`).join(' ');
  return [
    ['next', 'See that nothing uses what is old any more, then remove it here and at the provider:'],
    ['', `posthorn connections show ${id}`],
    ['', `posthorn connections change ${id} ${removals}`],
  ];
}
