import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { readDeclared } from '../declared.ts';
import { readEventBodies } from '../event-bodies.ts';
import { type FieldFacts, judgeFields, personalPathsOf } from './compliance.privacy.fields-classified.rules.ts';

const perType = 500;
const most = 2_000;

export const fieldsClassified: Collector<FieldFacts> = {
  checkId: 'compliance.privacy.fields-classified',
  version: 1,
  comparesDeclarations: true,
  async gather(context, subject) {
    const sinceMs = context.nowMs - 7 * dayMs;
    const bodies = await readEventBodies(context, { teamId: subject.id, sourceIds: null, sinceMs, most, perType });
    const { fields = [] } = (await readDeclared(context, subject)).parts;
    return {
      bodies: bodies.length,
      eventTypes: new Set(bodies.map(({ type }) => type)).size,
      found: personalPathsOf(bodies),
      declared: fields.map(({ eventType, path, class: of }) => ({ eventType, path, class: of })),
    };
  },
  judge: judgeFields,
};
