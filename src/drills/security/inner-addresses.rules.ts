/** Hosts as they may stand in a URL, all of which lead inside, or are not to be read in one way only. */
const hosts: readonly string[] = [
  '127.0.0.1',
  '127.8.9.10',
  '127.1',
  '0x7f.1',
  '0x7f000001',
  '2130706433',
  '017700000001',
  '0177.0.0.1',
  '0',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.254',
  '192.168.1.1',
  '100.64.0.1',
  '100.100.100.200',
  '169.254.1.1',
  '169.254.169.254',
  '192.0.0.192',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::1]',
  '[::127.0.0.1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:169.254.169.254]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::1]',
  '[2001:0:7f00:1::1]',
  '[2001:db8::1]',
  '[fc00::1]',
  '[fd12:3456:789a::1]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'app.localhost',
  'metadata.google.internal',
  'instance-data',
];

/** URLs that a user might enter to reach what is inside; `port` is where something listens on loopback. */
export function innerUrls(port: number): string[] {
  return [
    ...hosts.map((host) => `https://${host}:${port}/inside`),
    `http://127.0.0.1:${port}/inside`,
    `https://user:secret@127.0.0.1:${port}/inside`,
    `https://127.0.0.1:${port}\\@example.com/`,
    `https://127.0.0.1:${port}#@example.com/`,
    `https://①②⑦.⓪.⓪.①:${port}/inside`,
    `file://127.0.0.1:${port}/etc/passwd`,
  ];
}

/** Names that a resolver under the drill's control answers: what each lookup gives, the last one for all that follow. */
export const playedNames = {
  /** Nothing is wrong with it: it shows that requests go out, and whose answers they go by. */
  'outside.drill.test': [['127.0.0.2']],
  'inside.drill.test': [['127.0.0.1']],
  'inside6.drill.test': [['::1']],
  'mapped.drill.test': [['::ffff:127.0.0.1']],
  'private.drill.test': [['10.1.2.3']],
  'metadata.drill.test': [['169.254.169.254']],
  'fails.drill.test': [[]],
  'changes.drill.test': [['127.0.0.2'], ['127.0.0.1']],
  'redirects.drill.test': [['127.0.0.2']],
} as const satisfies Readonly<Record<string, readonly (readonly string[])[]>>;

type PlayedName = keyof typeof playedNames;

/** What may be reached, and is on purpose: everything but the names that lead inside. */
export const harmlessNames: ReadonlySet<string> = new Set<PlayedName>([
  'outside.drill.test',
  'changes.drill.test',
  'redirects.drill.test',
]);

/** A module that has the process resolve these names so, given to Node before anything else is loaded. */
export function resolverModule(): string {
  const source = `
    import dns from 'node:dns';
    import promises from 'node:dns/promises';
    import { syncBuiltinESMExports } from 'node:module';
    const played = new Map(Object.entries(${JSON.stringify(playedNames)}));
    const asked = new Map();
    const next = (name) => {
      const answers = played.get(name);
      if (answers === undefined) return undefined;
      const count = asked.get(name) ?? 0;
      asked.set(name, count + 1);
      return answers[Math.min(count, answers.length - 1)]
        .map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    };
    const missing = () => Object.assign(new Error('queryA EAI_FAIL'), { code: 'EAI_FAIL' });
    const lookup = promises.lookup;
    promises.lookup = async (name, options) => {
      const found = next(name);
      if (found === undefined) return lookup(name, options);
      if (found.length === 0) throw missing();
      return options?.all === true ? found : found[0];
    };
    const older = dns.lookup;
    dns.lookup = (name, options, done = options) => {
      const found = next(name);
      if (found === undefined) return older(name, options, done);
      if (found.length === 0) return process.nextTick(done, missing());
      if (options?.all === true) return process.nextTick(done, null, found);
      return process.nextTick(done, null, found[0].address, found[0].family);
    };
    syncBuiltinESMExports();`;
  return `data:text/javascript,${encodeURIComponent(source).replaceAll("'", '%27')}`;
}
