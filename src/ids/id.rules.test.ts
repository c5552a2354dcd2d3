import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  encodeTime,
  floorId,
  type IdPrefix,
  idFromUuid,
  idPrefixes,
  isId,
  timeOfId,
  uuidFromId,
  writeIdBytes,
} from './id.rules.ts';

const prefix = fc.constantFrom<IdPrefix>(...Object.values(idPrefixes));
const uuid = fc.uuid({ version: [1, 4, 7] });
const longestMs = 2 ** 48 - 1;

test('an id and its uuid are two spellings of the same 16 bytes', () => {
  fc.assert(
    fc.property(
      prefix,
      fc.oneof(
        uuid,
        fc.constantFrom('0'.repeat(8), 'f'.repeat(8)).map((part) => `${part}-0000-7000-8000-000000000000`),
      ),
      (kind, text) => {
        const id = idFromUuid(kind, text);
        expect(isId(kind, id)).toBe(true);
        expect(uuidFromId(id)).toBe(text);
        const bytes = Buffer.alloc(20);
        writeIdBytes(id, bytes, 2);
        expect(bytes.toString('hex')).toBe(`0000${text.replaceAll('-', '')}0000`);
      },
    ),
  );
});

test('agrees with the TypeID specification', () => {
  expect(idFromUuid('ep', '0188bac7-4afa-78aa-bc3b-bd1eef28d881')).toBe('ep_01h2xcejqtf2nbrexx3vqjhp41');
  expect(idFromUuid('ep', 'ffffffff-ffff-ffff-ffff-ffffffffffff')).toBe('ep_7zzzzzzzzzzzzzzzzzzzzzzzzz');
  expect(idFromUuid('ep', '00000000-0000-0000-0000-000000000000')).toBe('ep_00000000000000000000000000');
});

test('ids sort as their uuids do', () => {
  fc.assert(
    fc.property(uuid, uuid, (one, other) => {
      expect(idFromUuid('evt', one) < idFromUuid('evt', other)).toBe(one < other);
    }),
  );
});

test('an id tells its moment, and no id of a moment lies below its floor', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: longestMs }), fc.uuid({ version: 7 }), (atMs, any) => {
      const id = `evt_${encodeTime(atMs)}${idFromUuid('evt', any).slice(-16)}`;
      expect(timeOfId(id)).toBe(atMs);
      expect(floorId('evt', atMs) <= id).toBe(true);
      if (atMs < longestMs) expect(id < floorId('evt', atMs + 1)).toBe(true);
      expect(isId('evt', floorId('evt', atMs))).toBe(true);
    }),
  );
});

test.each([
  'evt',
  'evt_',
  'evt_01h2xcejqtf2nbrexx3vqjhp4',
  'evt_01h2xcejqtf2nbrexx3vqjhp411',
  'evt_81h2xcejqtf2nbrexx3vqjhp41',
  'evt_01H2XCEJQTF2NBREXX3VQJHP41',
  'evt_01h2xcejqtf2nbrexx3vqjhp4l',
  'evt-01h2xcejqtf2nbrexx3vqjhp41',
  'ep_01h2xcejqtf2nbrexx3vqjhp41',
  'evt_01h2xcejqtf2nbrexx3vqjhp4\n',
])('%j is no event id', (text) => {
  expect(isId('evt', text)).toBe(false);
});
