/** A signature dictionary as it stands in a PDF (ISO 32000-1, 12.8.1). Offsets are bytes of the file. */
export type LocatedSignature = {
  /** Null: it is missing, stands there twice, or is no array of whole numbers. */
  byteRange: readonly number[] | null;
  /** The hexadecimal string with its angle brackets. Null: missing, twice, or no such string. */
  contents: { from: number; to: number } | null;
  /** How the signature is encoded, such as `adbe.pkcs7.detached`. */
  subFilter: string | null;
};
