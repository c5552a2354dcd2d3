import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { readDeclared } from '../declared.ts';
import { gorouteProduction } from './goroute-connection.ts';
import { lookUp } from './goroute-lookup.ts';
import { lookupsMost } from './goroute-lookup.rules.ts';
import { type DocumentTypeFacts, judgeDocumentTypes } from './goroute.participant.document-types.rules.ts';

export const participantDocumentTypes: Collector<DocumentTypeFacts> = {
  checkId: 'goroute.participant.document-types',
  version: 1,
  comparesDeclarations: true,
  async gather(context: GatheringContext, subject) {
    const found = gorouteProduction(context, subject);
    if (!found.concerned) return found;
    const { participants = [], exchange } = (await readDeclared(context, subject)).parts;
    const own = participants.filter(({ owner }) => owner === 'own');
    const documentTypes = exchange?.documentTypes ?? null;
    const isDeclared = documentTypes !== null && documentTypes.length > 0;
    const lookups = isDeclared ? await lookUp(context, found.connection, own.slice(0, lookupsMost)) : [];
    return { concerned: true, own: own.length, documentTypes, lookups };
  },
  judge: judgeDocumentTypes,
};
