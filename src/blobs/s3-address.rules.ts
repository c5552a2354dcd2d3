/** Where a bucket is: `<endpoint>/<bucket>`, or `<bucket>.<endpoint>` without `pathStyle`. */
export type BucketPlace = {
  /** Without the bucket; it may have a path. */
  endpoint: string;
  bucket: string;
  pathStyle: boolean;
};

/**
 * The URL of a bucket, without a slash at its end.
 * @throws TypeError where there is none: an address cannot have a bucket in front of it
 */
export function bucketUrl({ endpoint, bucket, pathStyle }: BucketPlace): string {
  const { protocol, host, pathname } = new URL(endpoint);
  const url = new URL(`${protocol}//${pathStyle ? '' : `${bucket}.`}${host}${pathname}`);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}${pathStyle ? `/${bucket}` : ''}`;
}

/** The URL of an object, or of the bucket for the key ''. Every character that could mean something is encoded. */
export function objectUrl(bucket: string, key: string, query: Readonly<Record<string, string>>): string {
  const path = key.split('/').map(encodeURIComponent).join('/');
  const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${bucket}/${path}${search.length === 0 ? '' : `?${search.join('&')}`}`;
}
