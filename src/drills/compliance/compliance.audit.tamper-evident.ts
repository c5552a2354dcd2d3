import type { KeyObject } from 'node:crypto';
import { readPublicKey, type SignedCheckpoint } from '../../audit/checkpoint.rules.ts';
import { contentText } from '../../audit/entry-hash.rules.ts';
import { readLine } from '../../audit/export-lines.rules.ts';
import { type AuditVerdict, verifyAudit } from '../../audit/verify-audit.ts';
import { verifyExport } from '../../audit/verify-export.ts';
import { createPool, endPool } from '../../database/pool.ts';
import { uuidFromId } from '../../ids/id.rules.ts';
import type { Drill } from '../drill.ts';
import type { DrillDatabase, Gateway, Stage } from '../stage.ts';
import { judgeTampering, type Verified } from './compliance.audit.tamper-evident.rules.ts';
import { type ChainEntry, chainOf, tampered, tamperings, withChain } from './tampered-log.rules.ts';

/** Entries enough to have a middle and an end. */
const changes = 8;

type Kept = { publicKey: KeyObject; others: { checkpoint: SignedCheckpoint; called: string }[] };

async function publicKeyOf(on: Gateway): Promise<KeyObject> {
  const { publicKey } = await on.want('GET', '/v1/audit/public-key');
  const read = readPublicKey(String(publicKey));
  if (read === null) throw new Error('the public key of the audit log cannot be read');
  return read;
}

/** The lines of an export, as they come. */
async function* exportedLines(on: Gateway, path: string, signal: AbortSignal): AsyncGenerator<string> {
  const headers = { authorization: `Bearer ${on.operatorKey}` };
  const answer = await fetch(on.url + path, { headers, signal });
  if (!answer.ok || answer.body === null) throw new Error(`the export was answered ${answer.status}`);
  let rest = '';
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

const told = ({ faults }: AuditVerdict): string[] => faults.map(({ what }) => what);

function verified(how: string, where: Verified['where'], { faults }: AuditVerdict): Verified {
  return { how, where, faults: faults.length, namesPlace: faults.some(({ what }) => /\d/.test(what)) };
}

/** Changes a chain in the database as its owner could, past the triggers, and its head so that it fits. */
async function replaceChain(
  database: DrillDatabase,
  team: string,
  before: readonly ChainEntry[],
  chain: readonly ChainEntry[],
) {
  const id = uuidFromId(team);
  const left = new Set(chain.map(({ sequence }) => sequence));
  for (const { sequence } of before) {
    if (left.has(sequence)) continue;
    await database.query('DELETE FROM audit_entry WHERE team_id = $1 AND sequence = $2', [id, sequence]);
  }
  for (const { sequence, hash, entry } of chain) {
    await database.query(
      `UPDATE audit_entry SET content = $3, hash = decode($4, 'hex') WHERE team_id = $1 AND sequence = $2`,
      [id, sequence, contentText(entry), hash],
    );
  }
  const last = chain.at(-1);
  await database.query(`UPDATE audit_head SET sequence = $2, hash = decode($3, 'hex') WHERE team_id = $1`, [
    id,
    last?.sequence ?? 0,
    last?.hash ?? '0'.repeat(64),
  ]);
}

const tables = ['audit_entry', 'audit_head'];

async function tamperWithDatabase(
  database: DrillDatabase,
  { team, chain, kept }: { team: string; chain: readonly ChainEntry[]; kept: Kept },
): Promise<Verified[]> {
  for (const table of tables) {
    await database.query(`CREATE TABLE kept_${table} AS TABLE ${table}`);
    await database.query(`ALTER TABLE ${table} DISABLE TRIGGER ALL`);
  }
  const pool = createPool({ connectionString: database.url, max: 2 }, () => undefined);
  try {
    const found: Verified[] = [];
    for (const how of tamperings) {
      await replaceChain(database, team, chain, tampered(chain, how));
      found.push(verified(how, 'database', await verifyAudit(pool, kept)));
      for (const table of tables) {
        await database.query(`DELETE FROM ${table}`);
        await database.query(`INSERT INTO ${table} SELECT * FROM kept_${table}`);
      }
    }
    return found;
  } finally {
    await endPool(pool);
  }
}

/** A log of a second gateway, as it is exported, and what was kept of it elsewhere. */
async function makeLog(stage: Stage, database: DrillDatabase) {
  const node = await stage.node({ database });
  const team = await node.team();
  for (let number = 0; number < changes; number += 1) {
    await node.want('PATCH', `/v1/teams/${team.id}`, { body: { name: `Drill ${number}` } });
  }
  const lines: string[] = [];
  for await (const line of exportedLines(node, '/v1/audit/export', stage.signal)) lines.push(line);
  const checkpoints = lines.flatMap((line) => {
    const read = readLine(line);
    return read.ok && read.line.type === 'checkpoint' ? [read.line.checkpoint] : [];
  });
  const last = checkpoints.at(-1);
  const kept: Kept = {
    publicKey: await publicKeyOf(node),
    others: last === undefined ? [] : [{ checkpoint: last, called: 'the checkpoint kept' }],
  };
  await node.stop();
  return { team: team.id, lines, kept, chain: chainOf(lines, team.id) };
}

export const tamperEvident: Drill = {
  checkId: 'compliance.audit.tamper-evident',
  subject: 'gateway',
  version: 1,
  does: "Verifies the team's audit log, and then logs of a second gateway that it tampers with in five ways.",
  touches: 'gateway',
  safeInProduction: true,
  limitSeconds: 240,
  async run(stage) {
    const { gateway } = stage;
    const path = `/v1/teams/${stage.teamId}/audit/export`;
    const real = await verifyExport(exportedLines(gateway, path, stage.signal), {
      publicKey: await publicKeyOf(gateway),
      others: [],
    });
    stage.note("verified the team's log", { entries: real.entries, faults: real.faults.length });
    const database = await stage.database();
    const log = await makeLog(stage, database);
    stage.note('made a log on a second gateway', { entries: log.chain.length });
    const untouched = await verifyExport(each(log.lines), log.kept);
    const copies: Verified[] = [];
    for (const how of tamperings) {
      const lines = withChain(log.lines, log.team, tampered(log.chain, how));
      copies.push(verified(how, 'export', await verifyExport(each(lines), log.kept)));
    }
    copies.push(...(await tamperWithDatabase(database, log)));
    for (const { how, where, faults } of copies) stage.note(`${how} in the ${where}`, { faults });
    return judgeTampering({
      real: { entries: real.entries, checkpoints: real.checkpoints, faults: told(real) },
      untouchedFaults: told(untouched),
      copies,
    });
  },
};
