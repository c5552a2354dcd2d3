import { brotliDecompressSync, constants, gunzipSync, inflateSync } from 'node:zlib';

/**
 * A body as its content is, to be looked into: what passes to the caller stays encoded. Null for an encoding that is not
 * known, and for what is larger than `maxBytes` decoded. A beginning of a body gives the beginning of its content.
 */
export function decodeBody(body: Buffer, contentEncoding: string | null, maxBytes: number): Buffer | null {
  const encoding = contentEncoding?.trim().toLowerCase() ?? 'identity';
  const limit = { maxOutputLength: maxBytes };
  try {
    switch (encoding) {
      case '':
      case 'identity':
        return body.length <= maxBytes ? body : null;
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(body, { ...limit, finishFlush: constants.Z_SYNC_FLUSH });
      case 'deflate':
        return inflateSync(body, { ...limit, finishFlush: constants.Z_SYNC_FLUSH });
      case 'br':
        return brotliDecompressSync(body, { ...limit, finishFlush: constants.BROTLI_OPERATION_FLUSH });
      default:
        return null;
    }
  } catch {
    return null;
  }
}

/** Null when it is no JSON. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return null;
  }
}
