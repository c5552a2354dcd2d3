import { setTimeout as delay } from 'node:timers/promises';
import type { ApiProviderAnswer, ConnectionAnswer } from '../connections/connection-answers.ts';
import { findApiProvider } from '../connections/connection-settings.ts';
import { type CredentialFlags, ownInput, readFields } from '../connections/read-credential.ts';
import { CliFailure } from '../failure.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { splitPair } from '../sources/source-settings.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { nameParts } from './name-parts.ts';
import { type PromotionAnswer, renderPromotion, renderStep } from './render-promotion.rules.ts';

export type PromoteFlags = CommonFlags &
  CredentialFlags & {
    baseUrl?: string;
    selfHosted?: true;
    option?: readonly string[];
    smokePath?: string;
    smokeEndpoint?: string;
    promoter?: string;
    override?: string;
    wait: boolean;
  };

const lookEveryMs = 500;
const longestMs = 180_000;

/** Promotes, and shows each step as it comes. Answers the exit code: 0 when it is live. */
export async function runPromote(
  review: string,
  connectionId: string,
  flags: PromoteFlags,
  terminal: Terminal,
  input = ownInput(),
): Promise<number> {
  const { api, path } = await openTeam(flags);
  const at = `${path}/connections/${encodeURIComponent(connectionId)}`;
  const connection = await api.request<ConnectionAnswer>('GET', at);
  const kind = flags.kind ?? onlyKind(await findApiProvider(api, path, connection.provider));
  const fields = await readFields(kind, flags, input);
  const { smokePath, smokeEndpoint } = flags;
  const options = Object.fromEntries((flags.option ?? []).map((pair) => splitPair(pair, '--option', 'name=value')));
  let promotion = await api.request<PromotionAnswer>('POST', `${path}/promotions`, {
    review,
    connection: connectionId,
    production: {
      ...(flags.baseUrl === undefined ? {} : { baseUrl: flags.baseUrl }),
      ...(flags.selfHosted === true ? { selfHosted: true } : {}),
      ...(flags.option === undefined ? {} : { options }),
      credentials: [{ kind, fields, ...(flags.credential === undefined ? {} : { name: flags.credential }) }],
    },
    smoke: {
      ...(smokePath === undefined ? {} : { path: smokePath }),
      ...(smokeEndpoint === undefined ? {} : { endpoint: smokeEndpoint }),
    },
    ...(flags.promoter === undefined ? {} : { promoter: { userId: flags.promoter } }),
    ...(flags.override === undefined ? {} : { override: { reason: flags.override } }),
  });
  const isQuiet = flags.json === true;
  const look = isQuiet ? terminal : { ...terminal, nameOf: await nameParts(api, path, [promotion]) };
  let shown = 0;
  const untilMs = Date.now() + longestMs;
  while (flags.wait) {
    if (!isQuiet) for (const step of promotion.steps.slice(shown)) renderStep(step, look).forEach(terminal.out);
    shown = promotion.steps.length;
    if (promotion.endedAt !== null) break;
    if (Date.now() > untilMs)
      throw new CliFailure('it has not ended', `look again: posthorn promotions show ${promotion.id}`);
    await delay(lookEveryMs);
    promotion = await api.request('GET', `${path}/promotions/${encodeURIComponent(promotion.id)}`);
  }
  if (isQuiet) terminal.out(JSON.stringify(promotion));
  else if (flags.wait) terminal.out(`${promotion.id} is ${promotion.state}`);
  else for (const line of renderPromotion(promotion, look)) terminal.out(line);
  return !flags.wait || promotion.state === 'live' ? 0 : 1;
}

function onlyKind(provider: ApiProviderAnswer | null): string {
  const kinds = provider?.credentialKinds.map(({ name }) => name) ?? [];
  const [only, ...others] = kinds;
  if (only !== undefined && others.length === 0) return only;
  throw new CliFailure('the provider takes several kinds of credentials', `name one: --kind ${kinds.join(' | ')}`, 2);
}
