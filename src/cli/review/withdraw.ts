import type { ApiClient } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderFields } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findReview } from './find-review.ts';
import { askAgain, inOnesName, ownSigner, type YesFlag } from './sign-prompt.ts';

export type WithdrawFlags = CommonFlags & YesFlag & { review?: string };

type Said = { id: string; check?: string; duty?: string; expiresAt?: string; signedAt?: string };

/** Takes back what a member said, after it was shown: an attestation, a waiver or a sign-off, told apart by its id. */
export async function runWithdraw(id: string, flags: WithdrawFlags, terminal: Terminal, signer = ownSigner()) {
  if (!/^(ats|wvr|sgn)_/.test(id)) {
    throw new CliFailure(
      `${id} is no attestation, waiver or sign-off`,
      'list them: posthorn review attestations, waivers or sign-offs',
      2,
    );
  }
  const { api, path } = await openTeam(flags);
  const { at, said } = id.startsWith('ats_')
    ? await attestationOf(api, path, id)
    : await ofReview(api, await findReview(api, path, flags.review), id);
  for (const line of renderFields(fieldsOf(said), terminal)) terminal.err(line);
  await askAgain('withdraw it', flags, signer);
  const after = await inOnesName(api.request('POST', `${at}/withdraw`));
  terminal.out(flags.json === true ? JSON.stringify(after) : safeText(`withdrawn  ${id}`, 'one line'));
}

async function attestationOf(api: ApiClient, path: string, id: string): Promise<{ at: string; said: Said }> {
  const at = `${path}/attestations/${encodeURIComponent(id)}`;
  return { at, said: await api.request<Said>('GET', at) };
}

async function ofReview(api: ApiClient, review: string, id: string): Promise<{ at: string; said: Said }> {
  const kind = id.startsWith('wvr_') ? 'waivers' : 'sign-offs';
  const { data } = await api.request<{ data: Said[] }>('GET', `${review}/${kind}`);
  const said = data.find((each) => each.id === id);
  if (said !== undefined) return { at: `${review}/${kind}/${encodeURIComponent(id)}`, said };
  const noun = kind === 'waivers' ? 'waiver' : 'sign-off';
  throw new CliFailure(`the review has no ${noun} ${id}`, 'name its review with --review');
}

function fieldsOf({ id, check, duty, expiresAt, signedAt }: Said): [string, string][] {
  const fields: [string, string | undefined][] = [
    ['to withdraw', id],
    ['check', check],
    ['duty', duty],
    ['good until', expiresAt],
    ['signed at', signedAt],
  ];
  return fields.flatMap(([label, value]): [string, string][] =>
    value === undefined ? [] : [[label, safeText(value, 'one line')]],
  );
}
