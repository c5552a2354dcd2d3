import { manifestPathOf, readRelease } from '../../release/read-release.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { openRelease, type ReleaseFlags } from './open-release.ts';
import { renderVerdict } from './render-release.rules.ts';

/** Verifies the manifest, and what is installed against it. The exit code is 1 when it proves nothing of it. */
export async function runVerify(flags: ReleaseFlags, terminal: Terminal): Promise<0 | 1> {
  const options = await openRelease(flags);
  const facts = await readRelease(options);
  const path = manifestPathOf(options);
  if (flags.json === true) {
    const { running } = facts;
    const said = facts.verified ? { commit: facts.manifest.commit } : { fault: facts.fault };
    const { version, code, digest } = running;
    terminal.out(JSON.stringify({ ok: facts.verified, path, version, code, digest, ...said }, null, 2));
  } else for (const line of renderVerdict(facts, path, terminal)) terminal.out(line);
  return facts.verified ? 0 : 1;
}
