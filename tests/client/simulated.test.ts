import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bulk } from '../../src/client/bulk.ts';
import { NotCompletedError } from '../../src/client/not-completed-error.ts';
import { pdfOf, startFor, systemClock } from '../simulation-api/webhook-inbox.ts';
import { type Answered, connectionId, type ProviderCall, startEgress } from './egress-server.ts';

/** Passes a call on as Posthorn does: other credentials, everything else as it came. */
function passTo(base: string, credentials: Record<string, string>) {
  return async ({ method, incoming, headers, body }: ProviderCall): Promise<Answered> => {
    const path = (incoming.url ?? '').replace(`/egress/${connectionId}`, '');
    const passed = ['accept', 'content-type', 'idempotency-key'].flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value] as const] : [];
    });
    const sent = Uint8Array.from(await body());
    const response = await fetch(base + path, {
      method,
      headers: { ...Object.fromEntries(passed), ...credentials },
      ...(sent.length === 0 ? {} : { body: sent }),
    });
    const { 'content-length': _length, ...answered } = Object.fromEntries(response.headers);
    return { status: response.status, headers: answered, body: Buffer.from(await response.arrayBuffer()) };
  };
}

async function textOf(response: Promise<Response>): Promise<string> {
  return (await response).text();
}

const content = Uint8Array.from(pdfOf('lease'));

describe('the simulated Documenso', () => {
  async function open() {
    const simulator = await startFor({ provider: 'documenso', seed: 'client', clock: systemClock });
    const { client } = await startEgress(
      passTo(simulator.url, { authorization: `Bearer ${simulator.world.api.apiToken}` }),
    );
    return { simulator, documenso: client.documenso(connectionId) };
  }

  it('takes a document from its creation to the signed bytes', async () => {
    const { simulator, documenso } = await open();
    const { id } = await documenso.create({
      title: 'Lease',
      externalId: 'lease-1',
      recipients: [{ name: 'Noor Aziz', email: 'noor@example.com', role: 'SIGNER' }],
      files: [{ name: 'lease.pdf', content }],
    });
    const sent = await documenso.distribute(id, { meta: { subject: 'Please sign' } });
    expect(sent.recipients[0]?.signingUrl).toContain('/sign/');
    await expect(documenso.download(id)).rejects.toThrow(NotCompletedError);
    expect(await textOf(documenso.download(id, { version: 'original' }))).toBe(String(Buffer.from(content)));

    simulator.world.act({ subject: id, who: 'noor@example.com', does: 'sign' });
    expect((await documenso.get(id)).status).toBe('COMPLETED');
    for (const pdf of [documenso.download(id), documenso.certificate(id), documenso.auditLog(id)]) {
      expect(await textOf(pdf)).toMatch(/^%PDF/);
    }
    await expect(documenso.cancel(id)).rejects.toMatchObject({ status: 400, permanent: true });
  });

  it('makes documents of a template, finds them again, and cancels them', async () => {
    const { documenso } = await open();
    const template = await documenso.create({
      title: 'Lease',
      type: 'TEMPLATE',
      recipients: [{ name: 'Tenant', email: 'tenant@example.com', role: 'SIGNER' }],
      files: [{ name: 'lease.pdf', content }],
    });
    const [recipient] = (await documenso.get(template.id)).recipients;
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const results = await bulk(ids, async (externalId) => {
      const recipients = [{ id: recipient!.id, email: `${externalId}@example.com`, name: externalId }];
      return documenso.createFromTemplate({
        templateId: template.id,
        externalId,
        recipients,
        distributeDocument: true,
      });
    });
    const made = results.map((result) => (result.ok ? result.value.id : String(result.error)));
    const listed: string[] = [];
    for await (const { id, externalId } of documenso.list({ type: 'DOCUMENT', perPage: 2 })) {
      listed.push(id);
      expect(made[ids.indexOf(externalId ?? '')]).toBe(id);
    }
    expect(listed.toSorted()).toEqual(made.toSorted());
    const found = await documenso.findByExternalId('c');
    expect(found?.id).toBe(made[2]);
    expect(await documenso.findByExternalId('z')).toBeNull();
    expect(await documenso.cancel(found!.id)).toBe('cancelled');
    expect(await documenso.cancel(found!.id)).toBe('was_cancelled');
  });

  it('refuses in shapes that are read', async () => {
    const { documenso } = await open();
    await expect(documenso.get('envelope_nowhere')).rejects.toMatchObject({ status: 404, code: 'NOT_FOUND' });
    await expect(documenso.certificate('envelope_nowhere')).rejects.toMatchObject({ status: 404, permanent: true });
  });
});

describe('the simulated DocuSign', () => {
  it('takes an envelope from its creation to the signed bytes, and lists it', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const options = { provider: 'docusign', seed: 'client', clock: systemClock, publicKeyPem } as const;
    const simulator = await startFor(options);
    const { accountId, issueToken } = simulator.world.api;
    const authorization = `Bearer ${issueToken(Date.now())}`;
    const { client } = await startEgress(passTo(`${simulator.url}/restapi`, { authorization }));
    const docusign = client.docusign(connectionId, { accountId });

    const signers = [{ email: 'noor@example.com', name: 'Noor Aziz', recipientId: '1', clientUserId: '7' }];
    const documentBase64 = Buffer.from(content).toString('base64');
    const { envelopeId } = await docusign.createEnvelope({
      status: 'created',
      emailSubject: 'Lease',
      documents: [{ documentId: '1', name: 'lease.pdf', fileExtension: 'pdf', documentBase64 }],
      recipients: { signers },
    });
    await docusign.send(envelopeId);
    const { url } = await docusign.recipientView(envelopeId, {
      returnUrl: 'https://app.example.com/signed',
      authenticationMethod: 'none',
      userName: 'Noor Aziz',
      email: 'noor@example.com',
      clientUserId: '7',
    });
    expect(URL.canParse(url)).toBe(true);
    simulator.world.act({ subject: envelopeId, who: 'noor@example.com', does: 'sign' });
    expect((await docusign.get(envelopeId)).status).toBe('completed');
    expect((await docusign.documents(envelopeId)).map(({ documentId }) => documentId)).toContain('1');
    expect(await textOf(docusign.download(envelopeId, 'combined'))).toMatch(/^%PDF/);
    expect(await textOf(docusign.download(envelopeId, 'certificate'))).toMatch(/^%PDF/);
    const drafts = [1, 2].map((each) => docusign.createEnvelope({ status: 'created', emailSubject: `Draft ${each}` }));
    const others = (await Promise.all(drafts)).map((made) => made.envelopeId);
    const listed: string[] = [];
    for await (const each of docusign.list({ since: new Date(0), count: 1 })) listed.push(each.envelopeId);
    expect(listed.toSorted()).toEqual([envelopeId, ...others].toSorted());
    await expect(docusign.void(envelopeId, 'Too late')).rejects.toMatchObject({ permanent: true });
  });
});

describe('the simulated GoRoute', () => {
  const invoice = (number: string): string =>
    `<Invoice><cbc:ID>${number}</cbc:ID>${['Supplier', 'Customer']
      .map((role) => {
        const endpoint = '<cbc:EndpointID schemeID="0088">7300010000001</cbc:EndpointID>';
        return `<cac:Accounting${role}Party><cac:Party>${endpoint}</cac:Party></cac:Accounting${role}Party>`;
      })
      .join('')}</Invoice>`;

  it.each(['named', 'numbered'] as const)(
    'sends once what is sent twice, and refuses in the %s scheme',
    async (errors) => {
      const simulator = await startFor({ provider: 'goroute', seed: 'client', clock: systemClock, errors });
      const { client } = await startEgress(passTo(simulator.url, { 'x-api-key': simulator.world.api.apiKey }));
      const goroute = client.goroute(connectionId);
      expect((await goroute.validate(invoice('INV-1'))).valid).toBe(true);
      const first = await goroute.send({ id: 'INV-1', document: invoice('INV-1') });
      const second = await goroute.send({ id: 'INV-1', document: invoice('INV-1') });
      expect(second.transaction_id).toBe(first.transaction_id);
      const { status, document_id: documentId } = await goroute.transaction(first.transaction_id);
      expect(['pending', 'processing', 'sending', 'delivered']).toContain(status);
      expect(await textOf(goroute.download(String(documentId)))).toBe(invoice('INV-1'));
      expect(await goroute.transactions()).toMatchObject({ total: 1 });
      for (const lookupPath of ['/api/v1/participants/lookup', '/participants/lookup'] as const) {
        const looking = client.goroute(connectionId, { lookupPath });
        expect((await looking.lookup('0088:7300010000001')).registered).toBe(true);
        expect((await looking.lookup('9915:not-registered')).registered).toBe(false);
      }
      const refused = goroute.send({ id: 'INV-2', document: '<Invoice></Invoice>' });
      const code: unknown = expect.stringMatching(errors === 'named' ? /^VALIDATION_ERROR$/ : /^VAL_\d{3}$/);
      await expect(refused).rejects.toMatchObject({ permanent: true, code });
    },
  );
});
