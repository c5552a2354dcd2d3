import type { Finding } from '../../finding.ts';
import { failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';

export type ProductionCredential = {
  environment: 'sandbox' | 'production';
  /** What the provider's profile says against each credential that can be read here. */
  problems: readonly string[];
  /** Credentials that are references: their values are not here. */
  references: number;
  credentials: number;
  /** The host where calls go; null: it is found with the credentials. */
  host: string | null;
  isProductionHost: boolean;
  /** Sandbox connections, of any team, that hold the same secret. */
  sharedWithSandbox: readonly string[];
  /** GETs of the last 24 hours that were answered below 300. */
  reads24Hours: number;
};

/** Nothing of the sandbox in it, and it works. */
export function judgeProductionCredential(facts: ProductionCredential): Finding {
  if (facts.environment !== 'production') return notApplicable('It is a connection to the sandbox.');
  const values = {
    credentials: facts.credentials,
    host: facts.host,
    sharedWithSandbox: facts.sharedWithSandbox.length,
    successfulReads24Hours: facts.reads24Hours,
  };
  const command = 'posthorn connections rotate <connection>';
  if (facts.credentials === 0) return failed('The connection has no credential.', values, command);
  if (facts.problems.length > 0) return failed(facts.problems.join(' '), values, command);
  if (!facts.isProductionHost) {
    return failed(`${facts.host ?? 'Its host'} is no production host of this provider.`, values, command);
  }
  if (facts.sharedWithSandbox.length > 0) {
    return failed(`Its credential is also that of ${listed(facts.sharedWithSandbox)}.`, values, command);
  }
  if (facts.references > 0) {
    return unknown('A credential is a reference, and its value is not compared with those of sandboxes.', values);
  }
  if (facts.reads24Hours === 0) {
    return unknown('No read succeeded within 24 hours.', values, 'posthorn connections check <connection>');
  }
  return passed('A production credential, at a production host, and reads with it succeed.', values);
}
