import type { Context } from '../context.ts';
import type { TargetUrlPolicy } from '../egress/target-url.rules.ts';
import { judgeTargetUrl } from '../egress/target-url.rules.ts';
import { compileFilter } from '../filtering/filter.rules.ts';
import { Problem } from '../problem.ts';
import { parseSecret } from '../signing/secret.rules.ts';
import type { SigningScheme } from '../signing/signing-scheme.rules.ts';
import { signingSchemeProblem } from '../signing/signing-scheme.rules.ts';
import { judgeClientTls } from './client-tls.rules.ts';
import { changeHeaders, type HeadersChange, masked } from './endpoint-headers.rules.ts';
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
  headers?: HeadersChange;
  clientTls?: { certPem: string; keyPem: string; caPem?: string | null | undefined } | null | undefined;
  disableAfterSeconds?: number | undefined;
  status?: EndpointStatus | undefined;
};

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
    const checked = checkedHeaders(headers, change.headers, after.signing);
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

function checkedHeaders(before: readonly string[], change: HeadersChange, signing: SigningScheme): string[] {
  const changed = changeHeaders(before, change, signing);
  if (changed.ok) return changed.headers;
  const errors = changed.refused.slice(0, 20).map(({ name, reason }) => {
    const key = name.slice(0, 128).replaceAll('~', '~0').replaceAll('/', '~1');
    return { pointer: `/headers/${key}`, message: reason };
  });
  const detail = 'These headers cannot be set as they are; each error says which and why.';
  throw new Problem('invalid_header', detail, { errors });
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
