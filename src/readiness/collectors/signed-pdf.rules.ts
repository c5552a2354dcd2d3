import type { DocumentFact, SignatureFact } from '../instruments.ts';

type Signatures = NonNullable<DocumentFact['signatures']>;

/**
 * What a PDF lacks to be signed and unchanged, as it continues "it …"; null: nothing. Each signature in it has to be whole,
 * and one of them has to be somebody's: a timestamp alone is nobody's.
 */
export function lackOf({ found, tooMuch }: Signatures): string | null {
  if (tooMuch) return 'has more streams or signatures than are gone through';
  const faulty = found.find(({ fault }) => fault !== null);
  if (faulty !== undefined) return `has a ${faulty.kind} that ${faulty.fault}`;
  return signedLast({ found }) === undefined ? 'is not signed' : null;
}

/** The newest signature that is no timestamp. */
export function signedLast({ found }: Pick<Signatures, 'found'>): SignatureFact | undefined {
  return found.findLast(({ kind }) => kind === 'signature');
}
