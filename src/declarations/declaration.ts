import type { DeclarationParts, PartName } from './declaration-schemas.ts';

/** Who said that a part is so, and when (RFC 3339). `operator`, or the id of a member or of an api key. */
export type Confirmation = { by: string; at: string };

/** What a team says of itself. Version 0: nothing yet. */
export type Declarations = {
  version: number;
  parts: DeclarationParts;
  confirmed: Partial<Record<PartName, Confirmation>>;
  writtenBy: string | null;
  writtenAt: string | null;
};

export const nothingDeclared: Declarations = { version: 0, parts: {}, confirmed: {}, writtenBy: null, writtenAt: null };
