import type pg from 'pg';
import type { IdSource } from '../ids/id-source.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import type { CheckDefinition } from './check-definition.ts';
import { hashOfEvidence } from './evidence.rules.ts';
import { insertEvidence } from './evidence.store.ts';
import type { Evidence, Finding, Subject } from './finding.ts';

/** Puts a finding on record as evidence, good for as long as the catalogue says. */
export async function storeEvidence(
  database: Pick<pg.Pool, 'query'>,
  ids: IdSource,
  found: {
    definition: CheckDefinition;
    subject: Subject;
    finding: Finding;
    measuredAtMs: number;
    version: number;
    release: string;
    environment: Evidence['environment'];
    configurationDigest: string;
  },
): Promise<Evidence> {
  const { definition, subject } = found;
  const measuredAtMs = Math.floor(found.measuredAtMs);
  const evidence = {
    id: ids.next(idPrefixes.evidence),
    checkId: definition.id,
    subject: { kind: subject.kind, id: subject.id, teamId: subject.teamId },
    finding: found.finding,
    measuredAtMs,
    expiresAtMs: measuredAtMs + definition.ttlSeconds * 1000,
    collectorVersion: found.version,
    release: found.release,
    environment: found.environment,
    configurationDigest: found.configurationDigest,
  };
  const whole = { ...evidence, hash: hashOfEvidence(evidence) };
  await insertEvidence(database, whole);
  return whole;
}
