import { writeIdBytes } from '../ids/id.rules.ts';

/**
 * One-dimensional arrays in PostgreSQL's binary wire format (src/backend/utils/adt/arrayfuncs.c, array_send). Handed
 * to the driver as a Buffer they travel as they are: a batch of a thousand rows is a dozen parameters, with no
 * escaping of bytes and no parsing of text on either side.
 *
 * Columns are made once, when a module is loaded. Functions made anew for each batch lose their machine code with every
 * full collection, and are compiled again and again: 30 ms of every second of a gateway under load (2 cores).
 */
export type Column<T> = (rows: readonly T[]) => Buffer;

const oids = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, float4: 700, float8: 701, uuid: 2950 };

const headerBytes = 20;
const hasNullOffset = 4;

function open(oid: number, count: number, dataBytes: number, hasNull: boolean): Buffer {
  const buffer = Buffer.allocUnsafe(count === 0 ? 12 : headerBytes + dataBytes);
  buffer.writeInt32BE(count === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(hasNull ? 1 : 0, hasNullOffset);
  buffer.writeInt32BE(oid, 8);
  if (count > 0) {
    buffer.writeInt32BE(count, 12);
    buffer.writeInt32BE(1, 16);
  }
  return buffer;
}

/** uuid[] from ids of any prefix. */
export function uuidColumn<T>(id: (row: T) => string): Column<T> {
  return (rows) => {
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
  };
}

/** An array of values whose length differs; each is read once. */
function variableColumn<T, Value>(
  oid: number,
  read: (row: T) => Value | null,
  sizeOf: (value: Value) => number,
  write: (buffer: Buffer, value: Value, offset: number) => void,
): Column<T> {
  return (rows) => {
    const values: (Value | null)[] = [];
    const sizes: number[] = [];
    let hasNull = false;
    let bytes = 0;
    for (const row of rows) {
      const value = read(row);
      const size = value === null ? -1 : sizeOf(value);
      hasNull ||= value === null;
      values.push(value);
      sizes.push(size);
      bytes += 4 + Math.max(0, size);
    }
    const buffer = open(oid, rows.length, bytes, hasNull);
    let offset = headerBytes;
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index] as Value | null;
      const size = sizes[index] as number;
      buffer.writeInt32BE(size, offset);
      offset += 4;
      if (value === null) continue;
      write(buffer, value, offset);
      offset += size;
    }
    return buffer;
  };
}

/** text[] */
export const textColumn = <T>(text: (row: T) => string | null): Column<T> =>
  variableColumn(
    oids.text,
    text,
    (value) => Buffer.byteLength(value),
    (buffer, value, offset) => void buffer.write(value, offset),
  );

/** bytea[] */
export const byteaColumn = <T>(bytes: (row: T) => Buffer | null): Column<T> =>
  variableColumn(
    oids.bytea,
    bytes,
    (value) => value.length,
    (buffer, value, offset) => void value.copy(buffer, offset),
  );

function numberColumn(oid: number, width: number, write: (buffer: Buffer, number: number, offset: number) => void) {
  return <T>(value: (row: T) => number | null): Column<T> =>
    (rows) => {
      const count = rows.length;
      const buffer = open(oid, count, count * (4 + width), false);
      let hasNull = false;
      let offset = headerBytes;
      for (const row of rows) {
        const number = value(row);
        hasNull ||= number === null;
        buffer.writeInt32BE(number === null ? -1 : width, offset);
        offset += 4;
        if (number === null) continue;
        write(buffer, number, offset);
        offset += width;
      }
      if (!hasNull) return buffer;
      buffer.writeInt32BE(1, hasNullOffset);
      return buffer.subarray(0, offset);
    };
}

/** smallint[] */
export const int2Column = numberColumn(oids.int2, 2, (buffer, number, offset) => buffer.writeInt16BE(number, offset));

/** integer[] */
export const int4Column = numberColumn(oids.int4, 4, (buffer, number, offset) => buffer.writeInt32BE(number, offset));

/** bigint[] from safe integers. */
export const int8Column = numberColumn(oids.int8, 8, (buffer, number, offset) =>
  buffer.writeBigInt64BE(BigInt(number), offset),
);

/** real[] */
export const float4Column = numberColumn(oids.float4, 4, (buffer, number, offset) =>
  buffer.writeFloatBE(number, offset),
);

/** double precision[] */
export const float8Column = numberColumn(oids.float8, 8, (buffer, number, offset) =>
  buffer.writeDoubleBE(number, offset),
);

const bitColumn = numberColumn(oids.bool, 1, (buffer, number, offset) => buffer.writeInt8(number, offset));

/** boolean[] */
export const boolColumn = <T>(value: (row: T) => boolean): Column<T> => bitColumn((row) => (value(row) ? 1 : 0));
