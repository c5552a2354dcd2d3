import { writeIdBytes } from '../ids/id.rules.ts';

/**
 * One-dimensional arrays in PostgreSQL's binary wire format (src/backend/utils/adt/arrayfuncs.c, array_send). Handed
 * to the driver as a Buffer they travel as they are: a batch of a thousand rows is a dozen parameters, with no
 * escaping of bytes and no parsing of text on either side.
 */
const oids = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, float4: 700, float8: 701, uuid: 2950 };

const headerBytes = 20;

function open(oid: number, count: number, dataBytes: number, hasNull: boolean): Buffer {
  const buffer = Buffer.allocUnsafe(count === 0 ? 12 : headerBytes + dataBytes);
  buffer.writeInt32BE(count === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(hasNull ? 1 : 0, 4);
  buffer.writeInt32BE(oid, 8);
  if (count > 0) {
    buffer.writeInt32BE(count, 12);
    buffer.writeInt32BE(1, 16);
  }
  return buffer;
}

/** uuid[] from ids of any prefix. */
export function uuidArray<T>(rows: readonly T[], id: (row: T) => string): Buffer {
  const buffer = open(oids.uuid, rows.length, rows.length * 20, false);
  let offset = headerBytes;
  let last = '';
  for (const row of rows) {
    const value = id(row);
    buffer.writeInt32BE(16, offset);
    // Teams and endpoints repeat from row to row.
    if (value === last) buffer.copy(buffer, offset + 4, offset - 16, offset);
    else writeIdBytes(value, buffer, offset + 4);
    last = value;
    offset += 20;
  }
  return buffer;
}

/** text[] */
export function textArray<T>(rows: readonly T[], text: (row: T) => string | null): Buffer {
  let bytes = 0;
  let hasNull = false;
  for (const row of rows) {
    const value = text(row);
    bytes += 4;
    if (value === null) hasNull = true;
    else bytes += Buffer.byteLength(value);
  }
  const buffer = open(oids.text, rows.length, bytes, hasNull);
  let offset = headerBytes;
  for (const row of rows) {
    const value = text(row);
    if (value === null) {
      buffer.writeInt32BE(-1, offset);
      offset += 4;
    } else {
      const written = buffer.write(value, offset + 4);
      buffer.writeInt32BE(written, offset);
      offset += 4 + written;
    }
  }
  return buffer;
}

/** bytea[] */
export function byteaArray<T>(rows: readonly T[], bytes: (row: T) => Buffer | null): Buffer {
  let size = 0;
  let hasNull = false;
  for (const row of rows) {
    const value = bytes(row);
    size += 4;
    if (value === null) hasNull = true;
    else size += value.length;
  }
  const buffer = open(oids.bytea, rows.length, size, hasNull);
  let offset = headerBytes;
  for (const row of rows) {
    const value = bytes(row);
    if (value === null) {
      buffer.writeInt32BE(-1, offset);
      offset += 4;
    } else {
      buffer.writeInt32BE(value.length, offset);
      value.copy(buffer, offset + 4);
      offset += 4 + value.length;
    }
  }
  return buffer;
}

function numberArray<T>(
  oid: number,
  width: number,
  rows: readonly T[],
  value: (row: T) => number | null,
  write: (buffer: Buffer, number: number, offset: number) => void,
): Buffer {
  let hasNull = false;
  let size = 0;
  for (const row of rows) {
    const isNull = value(row) === null;
    hasNull ||= isNull;
    size += isNull ? 4 : 4 + width;
  }
  const buffer = open(oid, rows.length, size, hasNull);
  let offset = headerBytes;
  for (const row of rows) {
    const number = value(row);
    if (number === null) {
      buffer.writeInt32BE(-1, offset);
      offset += 4;
    } else {
      buffer.writeInt32BE(width, offset);
      write(buffer, number, offset + 4);
      offset += 4 + width;
    }
  }
  return buffer;
}

/** smallint[] */
export function int2Array<T>(rows: readonly T[], value: (row: T) => number | null): Buffer {
  return numberArray(oids.int2, 2, rows, value, (buffer, number, offset) => buffer.writeInt16BE(number, offset));
}

/** integer[] */
export function int4Array<T>(rows: readonly T[], value: (row: T) => number | null): Buffer {
  return numberArray(oids.int4, 4, rows, value, (buffer, number, offset) => buffer.writeInt32BE(number, offset));
}

/** bigint[] from safe integers. */
export function int8Array<T>(rows: readonly T[], value: (row: T) => number | null): Buffer {
  return numberArray(oids.int8, 8, rows, value, (buffer, number, offset) =>
    buffer.writeBigInt64BE(BigInt(number), offset),
  );
}

/** real[] */
export function float4Array<T>(rows: readonly T[], value: (row: T) => number | null): Buffer {
  return numberArray(oids.float4, 4, rows, value, (buffer, number, offset) => buffer.writeFloatBE(number, offset));
}

/** double precision[] */
export function float8Array<T>(rows: readonly T[], value: (row: T) => number | null): Buffer {
  return numberArray(oids.float8, 8, rows, value, (buffer, number, offset) => buffer.writeDoubleBE(number, offset));
}

/** boolean[] */
export function boolArray<T>(rows: readonly T[], value: (row: T) => boolean): Buffer {
  return numberArray(
    oids.bool,
    1,
    rows,
    (row) => (value(row) ? 1 : 0),
    (buffer, number, offset) => buffer.writeInt8(number, offset),
  );
}
