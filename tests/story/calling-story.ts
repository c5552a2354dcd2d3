import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import docusign from 'docusign-esign';
import type { ApiSimulator } from '../../src/simulation/start-api-simulator.ts';
import { pdfOf } from '../simulation-api/webhook-inbox.ts';
import { type Api, createApi } from '../support/api.ts';
import { docusignGrant, startDocusign } from '../support/api-simulators.ts';
import { operatorKey, type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';

type Credential = { id: string; name: string; kind: string; usesLast24Hours: number; lastUsedAt: string | null };
export type Connection = { id: string; url: string; baseUrl: string | null; credentials: Credential[] };
export type Call = {
  id: string;
  method: string;
  path: string;
  operation: string;
  subject: string | null;
  origin: string;
  outcome: string;
  status: number | null;
  answered: number;
  error: string | null;
  errorCode: string | null;
  cache: string | null;
  polling: string | null;
  tryCount: number;
};
export type CallDetail = Call & {
  tries: { status: number | null; error: string | null }[];
  repeats: { callId: string; agoMs: number; pattern: string } | null;
  credentialId: string | null;
};
type NewConnection = {
  provider: string;
  baseUrl: string | null;
  credentials: { name: string; kind: string; fields: Record<string, string> }[];
} & Record<string, unknown>;
type List<Item> = { data: Item[]; nextCursor: string | null };

/** What an application gets of a call. */
export type Called = { status: number; headers: Headers; text: string; json: Record<string, unknown> };

const root = join(import.meta.dirname, '../..');

/** A real Posthorn with a team, and short words for what the story of calling does with them. */
export class CallingStory {
  posthorn!: PosthornProcess;
  teamId = '';
  readonly api: Api = createApi(() => this.posthorn.url);
  /** Everything that no line of the log may hold. */
  readonly planted = new Set<string>();
  private dataFolder = '';

  async open(env: Record<string, string>): Promise<void> {
    this.dataFolder = await mkdtemp(join(tmpdir(), 'posthorn-calling-'));
    this.posthorn = await startPosthorn({ dataFolder: this.dataFolder, env });
    this.teamId = (await this.api.call<{ id: string }>('POST', '/v1/teams', { name: 'Acme' })).id;
  }

  async close(): Promise<void> {
    await this.posthorn?.end('SIGTERM');
    await rm(this.dataFolder, { recursive: true, force: true });
  }

  plant(word: string): string {
    this.planted.add(word);
    return word;
  }

  ofTeam<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    return this.api.call<Body>(method, `/v1/teams/${this.teamId}${path}`, body);
  }

  /** An api key of the team: what an application has in place of the provider's credentials. */
  async key(...permissions: string[]): Promise<string> {
    const { key } = await this.ofTeam<{ key: string }>('POST', '/api-keys', { name: 'application', permissions });
    return this.plant(key);
  }

  async connect(body: NewConnection): Promise<Connection> {
    for (const { fields } of body.credentials) {
      for (const [name, value] of Object.entries(fields)) {
        if (/token|value|privateKey|clientSecret/.test(name)) this.plant(value);
      }
    }
    return this.ofTeam<Connection>('POST', '/connections', { name: 'Story', environment: 'sandbox', ...body });
  }

  connectDocumenso(simulator: ApiSimulator<'documenso'>, more: object = {}): Promise<Connection> {
    const token = simulator.world.api.apiToken;
    const credentials = [{ name: 'first', kind: 'bearer', fields: { token } }];
    return this.connect({ provider: 'documenso', baseUrl: simulator.url, selfHosted: true, credentials, ...more });
  }

  connectDocusign(simulator: ApiSimulator<'docusign'>, more: object = {}): Promise<Connection> {
    const credentials = [{ name: 'first', kind: 'docusign-jwt', fields: docusignGrant(simulator) }];
    return this.connect({ provider: 'docusign', baseUrl: `${simulator.url}/restapi`, credentials, ...more });
  }

  /** A DocuSign whose Connect tells a source of what happens, and a connection that knows of both. */
  async openDocusign(key: string, more: object = {}, options: Partial<Parameters<typeof startDocusign>[0]> = {}) {
    const source = await this.source('docusign', 'hmac');
    const webhook = { url: source.url, secret: source.secret };
    const simulator = await startDocusign({ webhook, isConsentGiven: true, ...options });
    const connection = await this.connectDocusign(simulator, { sources: [source.id], ...more });
    return { simulator, connection, ...docusignClient(simulator, connection, key) };
  }

  change(connection: Connection, body: object): Promise<Connection> {
    return this.ofTeam('PATCH', `/connections/${connection.id}`, body);
  }

  show(connection: Connection): Promise<Connection> {
    return this.ofTeam('GET', `/connections/${connection.id}`);
  }

  /** A source with a secret of its own, known before the provider is told of its URL. */
  async source(provider: string, kind?: string): Promise<{ id: string; url: string; secret: string }> {
    const secret = this.plant(`secret-${randomBytes(12).toString('hex')}`);
    const credentials = [{ value: secret, ...(kind === undefined ? {} : { kind }) }];
    const made = await this.ofTeam<{ id: string; url: string }>('POST', '/sources', {
      provider,
      name: provider,
      credentials,
    });
    return { ...made, secret };
  }

  /** Waits for an event of this type about the subject. */
  event(type: string, subject: string): Promise<{ id: string }> {
    return until(`${type} of ${subject}`, async () => {
      const { data } = await this.ofTeam<List<{ id: string; orderingKey: string | null }>>(
        'GET',
        `/events?type=${type}&limit=100`,
      );
      return data.find(({ orderingKey }) => orderingKey === subject);
    });
  }

  /** A call through the connection, as `fetch` makes it. */
  async call(connection: Connection, key: string, path: string, init: RequestInit = {}): Promise<Called> {
    const headers = { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(connection.url + path, { ...init, headers, signal: AbortSignal.timeout(60_000) });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: response.status, headers: response.headers, text, json };
  }

  /** Every call of the connection that is on record, the oldest first, once none is running. */
  async calls(connection: Connection, query = ''): Promise<Call[]> {
    return until('all calls to be on record', async () => {
      const found: Call[] = [];
      let cursor: string | null = null;
      do {
        const more: string = cursor === null ? '' : `&cursor=${cursor}`;
        const path = `/calls?connection=${connection.id}&limit=100${query}${more}`;
        const page: List<Call> = await this.ofTeam<List<Call>>('GET', path);
        found.push(...page.data);
        cursor = page.nextCursor;
      } while (cursor !== null);
      return found.some(({ outcome }) => outcome === 'running') ? null : found.toReversed();
    });
  }

  detail(id: string): Promise<CallDetail> {
    return this.ofTeam('GET', `/calls/${id}`);
  }

  /** What the ledger says of a call that was answered, once it is written. */
  recorded({ headers }: Called): Promise<CallDetail> {
    return until('the end of the call', async () => {
      const call = await this.detail(headers.get('posthorn-call-id') ?? '');
      return call.outcome === 'running' ? null : call;
    });
  }

  /** Every try that the ledger has, as a simulator tells of requests; sorted. */
  async tries(connection: Connection): Promise<string[]> {
    const base = connection.baseUrl === null ? '' : new URL(connection.baseUrl).pathname.replace(/\/$/, '');
    const recorded: string[] = [];
    for (const { id } of await this.calls(connection)) {
      const { method, path, tries } = await this.detail(id);
      for (const { status } of tries) recorded.push(`${method} ${base}${path} ${status ?? 'none'}`);
    }
    return recorded.toSorted();
  }

  /** What a command of Posthorn prints. */
  run(...args: string[]): Promise<string> {
    const settings = { POSTHORN_URL: this.posthorn.url, POSTHORN_TEAM: this.teamId, POSTHORN_KEY: operatorKey };
    const env = { ...process.env, ...settings, NO_COLOR: '1', NODE_OPTIONS: '' };
    return new Promise((resolve, reject) => {
      execFile(process.execPath, ['src/cli/posthorn.ts', ...args], { cwd: root, env }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`posthorn ${args.join(' ')}: ${stdout}${stderr}`, { cause: error }));
      });
    });
  }
}

/** DocuSign's own client, with Posthorn's URL and key in place of the provider's. */
export function docusignClient(simulator: ApiSimulator<'docusign'>, connection: Connection, key: string) {
  const client = new docusign.ApiClient();
  client.setBasePath(connection.url);
  client.addDefaultHeader('Authorization', `Bearer ${key}`);
  const { accountId } = simulator.world.api;
  return { envelopes: new docusign.EnvelopesApi(client), accountId, path: `/v2.1/accounts/${accountId}` };
}

/** An envelope with one document, for one person who signs. */
export const definition = {
  status: 'sent',
  emailSubject: 'Please sign the lease',
  documents: [
    { documentId: '1', name: 'Lease', fileExtension: 'pdf', documentBase64: pdfOf('lease').toString('base64') },
  ],
  recipients: { signers: [{ email: 'noor@example.com', name: 'Noor Aziz', recipientId: '1', clientUserId: 'n1' }] },
};
