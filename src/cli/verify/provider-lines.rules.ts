import type { ProviderLine } from '../../deployments/provider-lines.rules.ts';
import { verdictOf } from './verdict.rules.ts';
import type { VerifiedCheck } from './verified-check.ts';

/** How the address of a source answered a request that it does not take: null where no answer came. */
export type AddressAnswer = { source: string; status: number | null; isPosthorn: boolean; error: string | null };

/** What was found of a connection before a deployment. Times are RFC 3339. */
export type ProviderFacts = {
  connection: { id: string; name: string; credentials: readonly { name: string; expired: boolean }[] };
  /** Of `documenso.api.answers-200`, just measured; null: it was not. */
  api: VerifiedCheck | null;
  addresses: readonly AddressAnswer[];
  /** Null: the health page does not have it. */
  health: {
    status: string;
    breaker: string;
    lastSuccessAt: string | null;
    lastError: { error: string; at: string } | null;
  } | null;
};

type Found = { isOk: boolean; seen: string; remedy: string };

/** The four lines of a connection, as checks that are printed with the others: each failed unless all is well. */
export function providerChecks(facts: ProviderFacts): (VerifiedCheck & { check: ProviderLine })[] {
  const { id, name } = facts.connection;
  const line = (check: ProviderLine, { isOk, seen, remedy }: Found) => ({
    check,
    title: check,
    section: 'providers',
    severity: 'blocker' as const,
    subject: { kind: 'connection', id, name },
    state: isOk ? ('passed' as const) : ('failed' as const),
    because: null,
    seen,
    remedy,
    command: null,
    runAgain: null,
  });
  return [
    line('key configured', judgeKey(facts.connection)),
    line('API answers', judgeApi(facts.api)),
    line('webhook address answers', judgeAddresses(facts.addresses)),
    line('provider is well', judgeHealth(facts.health)),
  ];
}

function judgeKey({ credentials }: ProviderFacts['connection']): Found {
  const holding = credentials.filter(({ expired }) => !expired).map(({ name }) => name);
  const remedy = 'Add a credential: posthorn connections rotate.';
  if (holding.length > 0) return { isOk: true, seen: `credential ${holding.join(', ')}`, remedy };
  const seen = credentials.length === 0 ? 'It has no credential.' : 'All its credentials have expired.';
  return { isOk: false, seen, remedy };
}

function judgeApi(api: ProviderFacts['api']): Found {
  const seen = api?.seen ?? api?.because ?? 'It was not measured.';
  return { isOk: api !== null && verdictOf(api) === 'OK', seen, remedy: api?.remedy ?? 'Run it again.' };
}

/** A request that no source takes is refused by Posthorn itself: that it is says that whoever posts there gets to it. */
function judgeAddresses(addresses: ProviderFacts['addresses']): Found {
  const remedy = 'See that the public address leads here as it is: docs/troubleshooting.md.';
  if (addresses.length === 0) {
    return { isOk: false, seen: 'No source of webhooks belongs to it.', remedy: 'Give the connection its source.' };
  }
  const wrong = addresses.find(({ status, isPosthorn }) => !isPosthorn || status === null || !refusals.has(status));
  const shown = wrong ?? addresses[0];
  const seen = shown?.status === null ? `${shown.source}: ${shown.error}` : `${shown?.source}: ${shown?.status}`;
  const who = shown?.isPosthorn === false && shown.status !== null ? ', and not from Posthorn' : '';
  return { isOk: wrong === undefined, seen: `${seen}${who}`, remedy };
}

/** What a source answers to GET: no such method, or, where addresses are listed, not from there. */
const refusals: ReadonlySet<number> = new Set([403, 405]);

function judgeHealth(health: ProviderFacts['health']): Found {
  const remedy = 'See posthorn calls list, and the provider’s status page.';
  if (health === null) return { isOk: false, seen: 'The health page does not show it.', remedy };
  const { status, breaker, lastSuccessAt, lastError } = health;
  if (status !== 'active') return { isOk: false, seen: `The connection is ${status}.`, remedy: 'Make it active.' };
  if (breaker !== 'closed') return { isOk: false, seen: `The breaker is ${breaker}.`, remedy };
  if (lastSuccessAt === null) return { isOk: false, seen: 'Nothing went well yet since this node started.', remedy };
  if (lastError !== null && lastError.at > lastSuccessAt) {
    return { isOk: false, seen: `Its last call failed (${lastError.error}) at ${lastError.at}.`, remedy };
  }
  return { isOk: true, seen: `${breaker} breaker, last success ${lastSuccessAt}`, remedy };
}
