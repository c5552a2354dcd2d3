import type { Context } from '../context.ts';
import { judgeStaticHeaders } from '../egress/request-headers.rules.ts';
import type { TargetUrlPolicy } from '../egress/target-url.rules.ts';
import { judgeTargetUrl } from '../egress/target-url.rules.ts';
import { compileFilter } from '../filtering/filter.rules.ts';
import { Problem } from '../problem.ts';
import { parseSecret } from '../signing/secret.rules.ts';
import type { SigningScheme } from '../signing/signing-scheme.rules.ts';
import { previousSignatureHeader, signingSchemeProblem } from '../signing/signing-scheme.rules.ts';
import { judgeClientTls } from './client-tls.rules.ts';
import type { EndpointSettings, EndpointStatus } from './endpoint.store.ts';
import type { ClientTls } from './sealed-fields.ts';
import { openClientTls, openHeaders, sealClientTls, sealHeaders } from './sealed-fields.ts';

/** What use cases of endpoints need beside the usual: where requests may be sent. */
export type EndpointContext = Context & { targetUrlPolicy: TargetUrlPolicy };

/** What a caller gives: nothing leaves a setting as it is, null clears it. */
export type EndpointChange = {
  url?: string | undefined;
  description?: string | null | undefined;
  eventTypes?: string[] | undefined;
  sources?: string[] | null | undefined;
  signing?: SigningScheme | undefined;
  retry?: { scheduleSeconds?: number[] | undefined; timeoutMs?: number | undefined } | undefined;
  rateLimit?: { perSecond: number } | null | undefined;
  concurrency?: number | undefined;
  ordering?: 'none' | 'key' | undefined;
  largeBodies?: { inlineMaxBytes?: number | undefined; referenceSeconds?: number | undefined } | undefined;
  filter?: unknown;
  /** A value sets a header, null removes it, `***` keeps it; headers that are not named stay. */
  headers?: Record<string, string | null> | null | undefined;
  clientTls?: { certPem: string; keyPem: string; caPem?: string | null | undefined } | null | undefined;
  disableAfterSeconds?: number | undefined;
  status?: EndpointStatus | undefined;
};

/** What reading an endpoint shows in place of a value that is only ever written. */
export const masked = '***';

/**
 * The settings after a change, judged as a whole.
 * @throws Problem invalid_url, invalid_filter, invalid_header, invalid_secret, invalid_request, each with pointers
 */
export function changeSettings(
  ctx: EndpointContext,
  place: { teamId: string; endpointId: string },
  before: EndpointSettings,
  change: EndpointChange,
): EndpointSettings {
  const { teamId, endpointId } = place;
  const after = { ...before };
  if (change.url !== undefined) after.url = checkedUrl(ctx, change.url);
  if (change.description !== undefined) after.description = change.description;
  if (change.eventTypes !== undefined) after.eventTypes = [...new Set(change.eventTypes)];
  if (change.sources !== undefined) after.sources = change.sources === null ? null : [...new Set(change.sources)];
  if (change.signing !== undefined) after.signing = checkedSigning(change.signing);
  if (change.retry?.scheduleSeconds !== undefined) after.scheduleSeconds = change.retry.scheduleSeconds;
  if (change.retry?.timeoutMs !== undefined) after.timeoutMs = change.retry.timeoutMs;
  if (change.rateLimit !== undefined) after.ratePerSecond = change.rateLimit?.perSecond ?? null;
  if (change.concurrency !== undefined) after.concurrency = change.concurrency;
  if (change.ordering !== undefined) after.ordering = change.ordering;
  if (change.largeBodies?.inlineMaxBytes !== undefined) after.inlineMaxBytes = change.largeBodies.inlineMaxBytes;
  if (change.largeBodies?.referenceSeconds !== undefined) after.referenceSeconds = change.largeBodies.referenceSeconds;
  if (change.filter !== undefined) after.filter = checkedFilter(change.filter);
  if (change.headers !== undefined || change.signing !== undefined) {
    const headers = openHeaders(ctx.sealer, teamId, endpointId, before.headersSealed);
    const checked = checkedHeaders(mergeHeaders(headers, change.headers), after.signing);
    after.headersSealed = sealHeaders(ctx.sealer, teamId, endpointId, checked);
  }
  if (change.clientTls !== undefined) {
    const kept = openClientTls(ctx.sealer, teamId, endpointId, before.clientTlsSealed);
    after.clientTlsSealed = sealClientTls(ctx.sealer, teamId, endpointId, checkedClientTls(change.clientTls, kept));
  }
  if (change.disableAfterSeconds !== undefined) after.disableAfterSeconds = change.disableAfterSeconds;
  if (change.status !== undefined && change.status !== before.status) {
    after.status = change.status;
    after.statusReason = change.status === 'active' ? null : 'by request';
  }
  return after;
}

/** @throws Problem invalid_secret */
export function checkSecret(signing: SigningScheme, secret: string, pointer = '/secret'): void {
  const parsed = parseSecret(signing, secret);
  if (parsed.ok) return;
  throw new Problem('invalid_secret', parsed.problem, { errors: [{ pointer, message: parsed.problem }] });
}

function checkedUrl(ctx: EndpointContext, url: string): string {
  const verdict = judgeTargetUrl(url, ctx.targetUrlPolicy);
  if (verdict.ok) return url;
  const detail = `The URL ${verdict.reason}. ${verdict.remedy}`;
  throw new Problem('invalid_url', detail, { errors: [{ pointer: '/url', message: verdict.reason }] });
}

function checkedSigning(signing: SigningScheme): SigningScheme {
  const problem = signingSchemeProblem(signing);
  if (problem === null) return signing;
  throw new Problem('invalid_header', problem, { errors: [{ pointer: '/signing', message: problem }] });
}

function checkedFilter(filter: unknown): unknown {
  if (filter === null) return null;
  const compiled = compileFilter(filter);
  if (compiled.ok) return filter;
  const errors = compiled.problems
    .slice(0, 20)
    .map(({ pointer, message }) => ({ pointer: `/filter${pointer}`, message }));
  throw new Problem('invalid_filter', 'The filter cannot be used as it is; each error says where.', { errors });
}

function mergeHeaders(before: readonly string[], change: EndpointChange['headers']): Record<string, string> {
  const merged = new Map<string, string>();
  if (change !== null) {
    for (let index = 0; index < before.length; index += 2)
      merged.set(before[index] as string, before[index + 1] as string);
  }
  for (const [name, value] of Object.entries(change ?? {})) {
    const lower = name.toLowerCase();
    if (value === null) merged.delete(lower);
    else if (value !== masked) merged.set(lower, value);
    else if (!merged.has(lower)) throw invalidHeader(name, `has no value yet that ${masked} could keep`);
  }
  return Object.fromEntries(merged);
}

function checkedHeaders(headers: Record<string, string>, signing: SigningScheme): string[] {
  const verdict = judgeStaticHeaders(headers);
  if (!verdict.ok) throw invalidHeader(verdict.name, verdict.reason);
  if ('header' in signing) {
    const own = signing.header.toLowerCase();
    const taken = verdict.headers.find((name, index) => {
      return index % 2 === 0 && (name === own || name === previousSignatureHeader(own));
    });
    if (taken !== undefined) throw invalidHeader(taken, 'is the header of the signature');
  }
  return verdict.headers;
}

function invalidHeader(name: string, reason: string): Problem {
  const pointer = `/headers/${name.slice(0, 128).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return new Problem('invalid_header', 'A header cannot be set as it is.', { errors: [{ pointer, message: reason }] });
}

function checkedClientTls(
  given: NonNullable<EndpointChange['clientTls']> | null,
  kept: ClientTls | null,
): ClientTls | null {
  if (given === null) return null;
  const keyPem = given.keyPem === masked && kept !== null ? kept.keyPem : given.keyPem;
  const tls: ClientTls = { certPem: given.certPem, keyPem, ...(given.caPem == null ? {} : { caPem: given.caPem }) };
  const errors = judgeClientTls(tls);
  if (errors.length > 0) throw new Problem('invalid_request', 'The client certificate cannot be used.', { errors });
  return tls;
}
