/** One element of BER, as plain data (X.690, 8.1). */
export type Asn1Node = {
  /** `context`: what its place decides, `[0]` and the like. */
  kind: 'universal' | 'context' | 'other';
  tag: number;
  isConstructed: boolean;
  /** Null: it is primitive, or what is in it cannot be read. */
  children: readonly Asn1Node[] | null;
  /** With its tag and length. */
  whole: Buffer;
  /** Without them, and without the mark that ends an element that says no length. */
  content: Buffer;
};
