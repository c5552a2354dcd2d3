import { CliFailure } from '../failure.ts';
import { namePeople } from '../members/name-people.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderFields } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { storeProof } from './attest-files.ts';
import { askAgain, inOnesName, ownSigner, type YesFlag } from './sign-prompt.ts';
import { endOf } from './waive-until.ts';

export type AttestFlags = CommonFlags &
  YesFlag & {
    subject?: string;
    text?: readonly string[];
    link?: readonly string[];
    file?: readonly string[];
    note?: string;
    until?: string;
  };

type Proof =
  | { kind: 'text'; text: string }
  | { kind: 'link'; url: string; sha256: string | null }
  | { kind: 'file'; name: string; sha256: string };
type AttestationAnswer = {
  id: string;
  check: string;
  subject: { id: string };
  author: string;
  proofs: Proof[];
  note: string | null;
  attestedAt: string;
  expiresAt: string;
  confirmed: { by: string } | null;
};

/** A member says that a check holds. */
export async function runAttest(check: string, flags: AttestFlags, terminal: Terminal, signer = ownSigner()) {
  const { text = [], link = [], file = [] } = flags;
  if (text.length + link.length + file.length === 0) {
    throw new CliFailure('it has to rest on something', 'give --text, --link or --file', 2);
  }
  const { api, path } = await openTeam(flags);
  const links = link.map(linkProof);
  const what = [...text, ...links.map(({ url }) => url), ...file].join('\n');
  const shown: [string, string][] = [
    ['you attest', check],
    ['it rests on', what],
    ...(flags.note === undefined ? [] : [['note', flags.note] as [string, string]]),
  ];
  say(shown, terminal, terminal.err);
  await askAgain('attest it', flags, signer);
  const files: Proof[] = [];
  for (const each of file) files.push(await inOnesName(storeProof(api, path, each)));
  const body = {
    check,
    proofs: [...text.map((each) => ({ kind: 'text', text: each })), ...links, ...files],
    ...(flags.subject === undefined ? {} : { subject: flags.subject }),
    ...(flags.note === undefined ? {} : { note: flags.note }),
    ...(flags.until === undefined ? {} : { expiresAt: endOf(flags.until, Date.now()) }),
  };
  const made = await inOnesName(api.request<AttestationAnswer>('POST', `${path}/attestations`, body));
  if (flags.json === true) return terminal.out(JSON.stringify(made));
  terminal.out(`attested  ${made.check} until ${made.expiresAt}: ${made.id}`);
}

/** Another member confirms an attestation, after what it says was shown. */
export async function runConfirm(id: string, flags: CommonFlags & YesFlag, terminal: Terminal, signer = ownSigner()) {
  const { api, path } = await openTeam(flags);
  const at = `${path}/attestations/${encodeURIComponent(id)}`;
  const found = await api.request<AttestationAnswer>('GET', at);
  const nameOf = await namePeople(api, path, [found.author]);
  say(
    [
      ['check', found.check],
      ['about', found.subject.id],
      ['attested by', `${nameOf(found.author)}, ${found.attestedAt}`],
      ['good until', found.expiresAt],
      ['it rests on', found.proofs.map(shownProof).join('\n')],
      ...(found.note === null ? [] : [['note', found.note] as [string, string]]),
    ],
    terminal,
    terminal.err,
  );
  await askAgain('confirm it', flags, signer);
  const after = await inOnesName(api.request<AttestationAnswer>('POST', `${at}/confirm`));
  if (flags.json === true) return terminal.out(JSON.stringify(after));
  terminal.out(`confirmed  ${after.check}: ${after.id}`);
}

/** `https://…`, or `https://…#sha256=<hash>` for what was there. */
function linkProof(given: string): { kind: 'link'; url: string; sha256: string | null } {
  const [, url = given, sha256 = null] = /^(.*)#sha256=([0-9a-f]{64})$/.exec(given) ?? [];
  return { kind: 'link', url, sha256 };
}

function shownProof(proof: Proof): string {
  if (proof.kind === 'text') return proof.text;
  return `${proof.kind === 'link' ? proof.url : proof.name}${proof.sha256 === null ? '' : `\n${proof.sha256}`}`;
}

function say(fields: readonly (readonly [string, string])[], terminal: Terminal, to: Terminal['out']): void {
  const safe = fields.map(([label, value]) => [label, safeText(value, 'lines')] as const);
  for (const line of renderFields(safe, terminal)) to(line);
}
