import { cutLine } from '../terminal/layout.rules.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { counted } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';

/** What the verbs read of an entry; the API's answer holds more. */
export type EntryAnswer = {
  sequence: number;
  at: string;
  team: string | null;
  actor: { kind: string; id: string | null; memberId: string | null };
  action: string;
  target: { kind: string; id: string } | null;
  before: unknown;
  after: unknown;
  address: string | null;
  outcome: string;
};

type Look = { paint: Paint; width: number };
const plain = (text: string): string => safeText(text, 'one line');

/** Who did what to what, and below it what changed. */
export function renderEntry(entry: EntryAnswer, { paint, width }: Look, isOfAll: boolean): string[] {
  const { actor, target, before, after, outcome } = entry;
  const who = actor.memberId ?? actor.id ?? actor.kind;
  const head = [
    paint.dim(plain(entry.at.replace(/\.\d+Z$/, 'Z'))),
    ...(isOfAll ? [plain(entry.team ?? 'the gateway')] : []),
    `#${entry.sequence}`,
    outcome === 'succeeded' ? plain(entry.action) : paint.red(plain(`${entry.action} (${outcome})`)),
    ...(target === null ? [] : [plain(target.id)]),
    paint.dim(plain(`by ${who}${entry.address === null ? '' : ` from ${entry.address}`}`)),
  ];
  const changes = [
    ['-', before],
    ['+', after],
  ] as const;
  return [
    head.join('  '),
    ...changes.flatMap(([sign, state]) =>
      isEmpty(state) ? [] : [cutLine(`    ${sign} ${plain(JSON.stringify(state))}`, width)],
    ),
  ];
}

function isEmpty(state: unknown): boolean {
  return state === null || (typeof state === 'object' && Object.keys(state).length === 0);
}

type Fault = { kind: string; team: string | null; id: string | null; what: string };
export type Verdict = {
  entries: number;
  chains: number;
  checkpoints: number;
  unsigned: number;
  signers: readonly { key: string; from: number; to: number }[];
  faults: readonly Fault[];
};

const mostShown = 20;

/** What was looked at, what is wrong, and what the verdict rests on. */
export function renderVerdict(verdict: Verdict, hints: readonly string[], { paint }: Pick<Look, 'paint'>): string[] {
  const { faults } = verdict;
  const looked = `${counted(verdict.entries, 'entry', 'entries')} in ${counted(verdict.chains, 'chain')}, ${counted(verdict.checkpoints, 'checkpoint')}`;
  const shown = faults.slice(0, mostShown).map((fault) => {
    const where = fault.kind === 'checkpoint' ? 'checkpoints' : (fault.team ?? 'the gateway');
    return paint.red(`${plain(where)}: ${plain(fault.what)}${fault.id === null ? '' : ` (${plain(fault.id)})`}`);
  });
  const rest = faults.length > mostShown ? [`... and ${faults.length - mostShown} more`] : [];
  const end = faults.length === 0 ? paint.green(`${looked}: whole.`) : paint.red(`${looked}: tampered with.`);
  const unsigned =
    verdict.unsigned === 0
      ? []
      : [`${counted(verdict.unsigned, 'entry', 'entries')} behind the last checkpoint, signed with the next.`];
  return [...shown, ...rest, end, ...unsigned, ...signersOf(verdict), ...hints];
}

/** Nothing while one key signed everything. */
function signersOf({ signers }: Verdict): string[] {
  if (signers.length < 2) return [];
  const parts = signers.map(({ key, from, to }) => {
    return `${from === to ? `checkpoint ${from}` : `checkpoints ${from} to ${to}`} with ${plain(key)}`;
  });
  const listed = parts.join(', ');
  return [
    `The signing key was replaced: ${listed}. See who did it with posthorn audit list --all --action keys.audit-key-replaced, and compare with the public keys that you kept.`,
  ];
}
