import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { dayMs } from '../../finding.rules.ts';
import { idFromUuid, idPrefixes } from '../../../ids/id.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { readDeclared } from '../declared.ts';
import { readEventBodies } from '../event-bodies.ts';
import { gorouteProduction } from './goroute-connection.ts';
import { judgeTestData, type TestDataFacts, testTracesOf } from './goroute.traffic.no-test-data.rules.ts';

const eventsMost = 1_000;
const callsMost = 20_000;
const sendsMost = 300;

export const noTestData: Collector<TestDataFacts> = {
  checkId: 'goroute.traffic.no-test-data',
  version: 1,
  comparesDeclarations: true,
  async gather(context: GatheringContext, subject) {
    const found = gorouteProduction(context, subject);
    if (!found.concerned) return found;
    const { teamId, sourceIds } = found.connection;
    const sinceMs = context.nowMs - 7 * dayMs;
    const events = await readEventBodies(context, { teamId, sourceIds, sinceMs, most: eventsMost });
    const sends = await context.query<{ id: string; body: string | null }>(
      `SELECT c.id, convert_from(b.request_body, 'LATIN1') AS body FROM (SELECT id FROM (SELECT id, operation FROM call
          WHERE connection_id = $2 AND id >= $3 ORDER BY id DESC LIMIT ${callsMost}) newest
          WHERE operation = 'documents.send' ORDER BY id DESC LIMIT ${sendsMost}) c
        LEFT JOIN call_body b ON b.team_id = $1 AND b.call_id = c.id AND b.call_id >= $3`,
      [uuidsOf(subject).team, uuidsOf(subject).own, uuidSince(sinceMs)],
    );
    const sent = sends.flatMap(({ id, body }) =>
      body === null ? [] : [{ id: idFromUuid(idPrefixes.call, id), body }],
    );
    const texts = [
      ...events.map(({ type, subject: of, body }) => ({ subject: of ?? type, text: JSON.stringify(body) })),
      ...sent.map(({ id, body }) => ({ subject: id, text: body })),
    ];
    const { exchange } = (await readDeclared(context, subject)).parts;
    return {
      concerned: true,
      received: events.length,
      sent: sent.length,
      sentWithoutBody: sends.length - sent.length,
      traces: texts.flatMap(({ subject: of, text }) =>
        testTracesOf(text, context.nowMs).map((what) => ({ subject: of, what })),
      ),
      launchTests: exchange?.launchTests ?? [],
    };
  },
  judge: judgeTestData,
};
