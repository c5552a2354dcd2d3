import type { ConnectionConfig } from '../../../connections/connection-config.ts';
import type { Collector, Subject } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgeProductionCredential, type ProductionCredential } from './connection.credential.is-production.rules.ts';

export const credentialIsProduction: Collector<ProductionCredential> = {
  checkId: 'connection.credential.is-production',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const connection = context.connections.find(subject.id);
    if (connection === null) throw new Error(`${subject.id} cannot be read`);
    const secrets = await context.secrets();
    const own = secrets.filter(({ holderId }) => holderId === subject.id);
    const fingerprints = new Set(own.map(({ fingerprint }) => fingerprint));
    const shared = secrets.filter(
      (each) => each.holderId !== subject.id && each.environment === 'sandbox' && fingerprints.has(each.fingerprint),
    );
    const [reads] = await context.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM (SELECT FROM call WHERE connection_id = $1 AND id >= $2 AND method = 'GET'
        AND status BETWEEN 200 AND 299 AND cache IS NULL ORDER BY id DESC LIMIT 100) c`,
      [uuidsOf(subject).own, uuidSince(context.nowMs - dayMs)],
    );
    return {
      environment: connection.environment,
      ...credentialFacts(connection),
      sharedWithSandbox: shared.map((each) =>
        each.teamId === subject.teamId ? `connection ${each.holderId}` : 'a sandbox connection of another team',
      ),
      reads24Hours: reads?.count ?? 0,
    };
  },
  judge: judgeProductionCredential,
};

function credentialFacts({ credentials, profile, environment, baseUrl }: ConnectionConfig) {
  const fields = credentials.flatMap(({ fields: each }) => Object.values(each));
  const values = fields.flatMap((field) => ('value' in field ? [field.value] : []));
  const problems = values.flatMap((value) => profile.problemOfSecret?.(value, environment) ?? []);
  const host = baseUrl === null ? null : new URL(baseUrl).hostname;
  const { hosts } = profile.environments[environment];
  const fits = hosts.some((each) => each === host || (each.startsWith('*.') && host?.endsWith(each.slice(1)) === true));
  const sandboxHosts = profile.environments.sandbox.hosts.filter((each) => !hosts.includes(each));
  return {
    problems: [...new Set(problems)],
    references: fields.length - values.length,
    credentials: credentials.length,
    host,
    // Where people host the provider themselves, any host may be production, except one of a known sandbox.
    isProductionHost:
      host === null || (fits && !sandboxHosts.includes(host)) || (profile.selfHosted && !sandboxHosts.includes(host)),
  };
}
