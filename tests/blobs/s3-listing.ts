/** How many entries a page has: few, so that every list has pages. */
const pageSize = 7;

/**
 * What ListObjectsV2 makes of all the keys under a prefix (Amazon S3 API): folded at the delimiter, in order, a page at a
 * time. The tokens have every character that a careless client would garble in a URL.
 */
export function listPage(allKeys: readonly string[], query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter');
  const entries = new Map<string, string>();
  for (const key of allKeys.filter((each) => each.startsWith(prefix)).toSorted()) {
    const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
    const [name, xml] =
      end === -1
        ? [key, `<Contents><Key>${key}</Key><Size>1</Size></Contents>`]
        : [key.slice(0, end + 1), `<CommonPrefixes><Prefix>${key.slice(0, end + 1)}</Prefix></CommonPrefixes>`];
    entries.set(name, xml);
  }
  const token = query.get('continuation-token');
  const after = token === null ? '' : nameIn(token);
  const rest = [...entries].filter(([name]) => name > after);
  const page = rest.slice(0, pageSize);
  const last = page.at(-1)?.[0] ?? '';
  const next =
    rest.length > pageSize
      ? `<NextContinuationToken>${tokenOf(last).replaceAll('&', '&amp;')}</NextContinuationToken>`
      : '';
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>b</Name><Prefix>${prefix}</Prefix><IsTruncated>${String(next !== '')}</IsTruncated>`,
    ...page.map(([, xml]) => xml),
    `${next}</ListBucketResult>`,
  ].join('');
}

function tokenOf(name: string): string {
  return `+ /=&%2F${Buffer.from(name).toString('base64')}`;
}

function nameIn(token: string): string {
  const name = Buffer.from(token.slice(8), 'base64').toString();
  if (tokenOf(name) !== token) throw new Error(`the token came back as ${token}`);
  return name;
}
