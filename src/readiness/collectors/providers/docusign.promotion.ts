import { uuidFromId } from '../../../ids/id.rules.ts';
import type { ConnectionConfig } from '../../../connections/connection-config.ts';
import type { Collector, Subject } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { gatherLaunches } from '../launch/launch-facts.ts';
import { accountOf, readBelowAccount } from './docusign-account.ts';
import { judgePromoter, type PromoterFacts } from './docusign.account.promoter-is-admin.rules.ts';
import { type CarriedOver, judgeCarriedOver } from './docusign.production.items-carried-over.rules.ts';
import { judgeKeyAccepted, type KeyAccepted } from './docusign.promotion.key-accepted.rules.ts';

const templatesMost = 20;

type Place = { concerned: false; why: string } | { concerned: true; connection: ConnectionConfig };

/** The connection, if it is one to DocuSign's production. @throws Error when it cannot be read */
export function productionPlaceOf(context: GatheringContext, subject: Subject): Place {
  const connection = context.connections.find(subject.id);
  if (connection === null) throw new Error(`${subject.id} cannot be read`);
  if (connection.profile.name !== 'docusign') return { concerned: false, why: 'It is no connection to DocuSign.' };
  if (connection.environment === 'production') return { concerned: true, connection };
  return { concerned: false, why: 'It is a connection to the sandbox: it is decided once it leads to production.' };
}

export const keyAccepted: Collector<KeyAccepted> = {
  checkId: 'docusign.promotion.key-accepted',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const place = productionPlaceOf(context, subject);
    if (!place.concerned) return place;
    const accountId = accountOf(place.connection);
    if (accountId === null) return { concerned: true, accountId, read: null };
    return { concerned: true, accountId, read: await readBelowAccount(context, subject.id, accountId, '') };
  },
  judge: judgeKeyAccepted,
};

export const promoterIsAdmin: Collector<PromoterFacts> = {
  checkId: 'docusign.account.promoter-is-admin',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const place = productionPlaceOf(context, subject);
    if (!place.concerned) return place;
    const { team, own } = uuidsOf(subject);
    const [named] = await context.query<{ promoter: string | null }>(
      `SELECT promoter ->> 'userId' AS promoter FROM promotion WHERE team_id = $1 AND connection_id = $2
        AND state = 'live' ORDER BY id DESC LIMIT 1`,
      [team, own],
    );
    const promoter = named?.promoter ?? null;
    const accountId = accountOf(place.connection);
    if (accountId === null || promoter === null) return { concerned: true, accountId, promoter, read: null };
    const read = await readBelowAccount(context, subject.id, accountId, '/users?count=100');
    return { concerned: true, accountId, promoter, read };
  },
  judge: judgePromoter,
};

export const itemsCarriedOver: Collector<CarriedOver> = {
  checkId: 'docusign.production.items-carried-over',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const place = productionPlaceOf(context, subject);
    if (!place.concerned) return place;
    const accountId = accountOf(place.connection);
    const { launches } = await gatherLaunches(context, subject);
    const launch = launches.find(({ live }) => live.some(({ connectionId }) => connectionId === subject.id));
    const templates = (launch?.plans[0]?.plan.carriedOver.templates ?? []).slice(0, templatesMost);
    const used = await context.query<{ id: string }>(
      `SELECT DISTINCT substring(path FROM '/templates/([0-9A-Za-z-]+)') AS id FROM (
         SELECT path FROM call WHERE connection_id = $1 AND id >= $2 AND environment = 'sandbox'
           AND operation LIKE 'templates.%' ORDER BY id DESC LIMIT 20000) c
        WHERE path ~ '/templates/[0-9A-Za-z-]+' LIMIT 200`,
      [uuidFromId(subject.id), uuidSince(context.nowMs - 90 * dayMs)],
    );
    const twins: Extract<CarriedOver, { concerned: true }>['twins'][number][] = [];
    for (const { sandbox, production } of accountId === null ? [] : templates) {
      const below = `/templates/${encodeURIComponent(production)}`;
      twins.push({ sandbox, production, read: await readBelowAccount(context, subject.id, accountId ?? '', below) });
    }
    return { concerned: true, accountId, used: used.map(({ id }) => id), twins };
  },
  judge: judgeCarriedOver,
};
