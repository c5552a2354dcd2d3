import { type Static, Type } from 'typebox';
import { Problem } from '../problem.ts';

/** The query of every list. */
export const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 50, description: 'How many, at most.' }),
  cursor: Type.Optional(
    Type.String({ maxLength: 1024, description: 'The `nextCursor` of the page before; left out for the first page.' }),
  ),
};
export const PageQuery = Type.Object(pageQuery, { additionalProperties: false });
export type PageQuery = Static<typeof PageQuery>;

const version = '1';

/**
 * A cursor names the list it belongs to and the last item that was given, so pages neither repeat nor skip an item
 * when others come or go in between.
 */
export function encodeCursor(list: string, position: string): string {
  return Buffer.from(`${version} ${list} ${position}`, 'utf8').toString('base64url');
}

/**
 * The position in a cursor of this list; null for the first page.
 * @param isPosition says whether a text can be a position in this list: the cursor comes from outside.
 * @throws Problem invalid_cursor
 */
export function decodeCursor(
  list: string,
  cursor: string | undefined,
  isPosition: (position: string) => boolean,
): string | null {
  if (cursor === undefined) return null;
  const prefix = `${version} ${list} `;
  const bytes = Buffer.from(cursor, 'base64url');
  const text = bytes.toString('utf8');
  const position = text.slice(prefix.length);
  const faithful = bytes.toString('base64url') === cursor && text.startsWith(prefix);
  if (faithful && isPosition(position)) return position;
  throw new Problem('invalid_cursor', 'Pass the `nextCursor` of this very list, or leave `cursor` out to start anew.', {
    errors: [{ pointer: '?cursor', message: 'is not a cursor that this list gave' }],
  });
}

/**
 * One page in the shape of the contract.
 * @param rows up to `limit + 1` rows: the one too many says that there is a next page.
 */
export function toPage<Row>(
  list: string,
  rows: readonly Row[],
  limit: number,
  positionOf: (row: Row) => string,
): { data: Row[]; nextCursor: string | null } {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data, nextCursor: more ? encodeCursor(list, positionOf(last)) : null };
}
