import type { ReleaseManifest } from '../../release/manifest-schema.ts';
import type { ReleaseFacts } from '../../release/release-facts.ts';
import type { Paint } from '../terminal/paint.rules.ts';
import { cutLine } from '../terminal/layout.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';

type Look = { paint: Paint; width: number };
const plain = (text: string): string => safeText(text, 'one line');

/** Whether the manifest proves what it says of what is installed, and if not, why and what to do. */
export function renderVerdict(facts: ReleaseFacts, path: string, { paint }: Look): string[] {
  if (facts.verified) {
    const { version, commit, madeAt } = facts.manifest;
    return [
      paint.green(`${version} is what its pipeline built and signed.`),
      plain(`commit ${commit}, ${madeAt}, ${path}`),
    ];
  }
  const { what, command } = facts.fault;
  return [paint.red(plain(what)), plain(path), ...(command === null ? [] : [plain(`→ ${command}`)])];
}

/** A line for each part: its figures, or why there are none. */
export function renderManifest(manifest: ReleaseManifest, { paint, width }: Look): string[] {
  const { version, commit, madeAt, signedBy, parts } = manifest;
  const signer = signedBy === 'pipeline' ? 'signed by a pipeline' : 'signed with a key made for it';
  const names = Object.keys(parts);
  const longest = Math.max(...names.map((name) => name.length));
  return [
    plain(`Posthorn ${version}, commit ${commit}, ${madeAt}, ${signer}`),
    '',
    ...Object.entries(parts).map(([name, part]) => {
      const head = name.padEnd(longest);
      if (part.status === 'not-measured')
        return cutLine(paint.dim(plain(`${head}  not measured: ${part.because}`)), width);
      return cutLine(plain(`${head}  ${figuresOf(part)}`), width);
    }),
  ];
}

/** Figures as they are, lists by their length. */
function figuresOf(part: object): string {
  return Object.entries(part)
    .filter(([name]) => name !== 'status')
    .map(([name, value]) => `${name} ${Array.isArray(value) ? String(value.length) : JSON.stringify(value)}`)
    .join(', ');
}
