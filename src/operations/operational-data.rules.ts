import { type IdPrefix, idFromUuid, idPrefixes } from '../ids/id.rules.ts';

const prefixOf: Readonly<Record<string, IdPrefix>> = {
  deliveryUuid: idPrefixes.delivery,
  endpointUuid: idPrefixes.endpoint,
  eventUuid: idPrefixes.event,
  replayUuid: idPrefixes.replay,
};
const uuidShape = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The data of an operational event as SQL writes it, with `deliveryUuid` and its like turned into `deliveryId`. */
export function publicData(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => {
      const prefix = prefixOf[name];
      if (prefix === undefined || typeof value !== 'string' || !uuidShape.test(value)) return [name, value];
      return [name.replace(/Uuid$/, 'Id'), idFromUuid(prefix, value)];
    }),
  );
}
