import { TLSSocket } from 'node:tls';
import type pg from 'pg';
import { EgressFailure } from '../egress/exchange-result.ts';
import { createNameLookup, systemResolver } from '../egress/name-lookup.ts';
import { openConnection, type Wiring } from '../egress/open-connection.ts';
import { judgeTargetUrl, type TargetUrlPolicy } from '../egress/target-url.rules.ts';
import { createTlsContexts } from '../egress/tls-contexts.ts';
import { openClientTls } from '../endpoints/sealed-fields.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { HandshakeFact, Instruments } from './instruments.ts';

const connectMs = 5_000;

/**
 * Shakes hands with an endpoint and hangs up: nothing is sent. Its address is judged as that of every request, and its
 * certificate against the same roots.
 */
export function createHandshakeProbe(options: {
  database: Pick<pg.Pool, 'query'>;
  sealer: Sealer;
  targetUrlPolicy: TargetUrlPolicy;
  proxy: Wiring['proxy'];
  caPem: string | null;
}): Instruments['handshake'] {
  const { database, sealer, targetUrlPolicy } = options;
  const nowMs = (): number => performance.now();
  const wiring: Wiring = {
    addressPolicy: targetUrlPolicy.addressPolicy,
    lookUp: createNameLookup({ resolver: systemResolver, timeoutMs: connectMs, nowMs }),
    tlsContexts: createTlsContexts(options.caPem ?? undefined),
    proxy: options.proxy,
    connectMs,
    nowMs,
  };

  const readTls = async (teamId: string, endpointId: string) => {
    const { rows } = await database.query<{ sealed: Buffer | null }>(
      'SELECT client_tls_sealed AS sealed FROM endpoint WHERE team_id = $1 AND id = $2',
      [uuidFromId(teamId), uuidFromId(endpointId)],
    );
    return openClientTls(sealer, teamId, endpointId, rows[0]?.sealed ?? null) ?? undefined;
  };

  return async ({ teamId, endpointId, url: text }) => {
    const verdict = judgeTargetUrl(text, targetUrlPolicy);
    if (!verdict.ok) return { trusted: false, kind: 'blocked', reason: `the URL ${verdict.reason}` };
    const { url } = verdict;
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    const port = url.port === '' ? 443 : Number(url.port);
    try {
      const tls = await readTls(teamId, endpointId);
      const target = { hostname, port, secure: true, tls, sessions: { session: undefined } };
      const timing = { dnsMs: null, connectMs: null, tlsMs: null };
      const socket = await openConnection(wiring, target, timing, new AbortController());
      socket.on('error', () => undefined);
      const fact = factOf(socket instanceof TLSSocket ? socket : null);
      socket.destroy();
      return fact;
    } catch (error) {
      if (!(error instanceof EgressFailure)) throw error;
      return { trusted: false, kind: error.error, reason: error.message };
    }
  };
}

function factOf(socket: TLSSocket | null): HandshakeFact {
  const validToMs = socket === null ? Number.NaN : Date.parse(socket.getPeerCertificate().valid_to);
  if (socket === null || Number.isNaN(validToMs)) {
    return { trusted: false, kind: 'tls', reason: 'it showed no certificate' };
  }
  return { trusted: true, protocol: socket.getProtocol() ?? 'unknown', validToMs };
}
