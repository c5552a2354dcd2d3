import { jsonAnswer } from '../answers.rules.ts';
import { createKept } from '../kept.rules.ts';
import { objectsAt, readObject, textAt } from '../read-json.rules.ts';
import type { RouteTable } from '../routes.rules.ts';
import type { Random } from '../../random.rules.ts';
import { uuid } from '../../random.rules.ts';
import type { ServedRequest } from '../served.ts';
import { refuse } from './docusign-errors.rules.ts';
import type { DocusignState } from './docusign-state.rules.ts';
import { accountThings, type PlanGaps, refuseFeature } from './plan.rules.ts';

type BulkList = { listId: string; name: string };

/**
 * What an account has beside envelopes, lists for bulk sending and the recycle bin, as docusign-esign 10 reads them.
 * Moving an envelope into the recycle bin deletes it, and voids what is under way: DocuSign's reference of Folders.
 */
export function accountRoutes(state: DocusignState, gapsOf: () => PlanGaps, random: Random): RouteTable {
  const lists = createKept<BulkList>({ most: 100, mostBytes: Number.MAX_VALUE });
  const requireBulk = (): void => {
    if (gapsOf().refused.includes('bulk-sending')) refuseFeature('bulk-sending');
  };
  const demandList = (listId = ''): BulkList => {
    requireBulk();
    return lists.find(listId) ?? refuse(404, 'RESOURCE_NOT_FOUND', 'The list does not exist.');
  };

  function discard(envelopeId: string, nowMs: number): object {
    const envelope = state.find(envelopeId);
    if (envelope === undefined) return { envelopeId, errorDetails: { errorCode: 'ENVELOPE_DOES_NOT_EXIST' } };
    const { status } = envelope;
    if (status === 'deleted') return { envelopeId };
    const does = status === 'created' ? 'discard' : status === 'sent' || status === 'delivered' ? 'void' : 'delete';
    state.step(envelope, 'sender', does, nowMs, {});
    return { envelopeId };
  }

  return {
    'GET /identity_verification': () =>
      jsonAnswer(200, {
        identityVerification: [
          { workflowId: accountThings.identityWorkflowId, defaultName: 'DocuSign ID Verification', inputOptions: [] },
          {
            workflowId: accountThings.phoneWorkflowId,
            defaultName: 'Phone Authentication',
            inputOptions: [{ optionName: 'phone_number_list', valueType: 'PhoneNumberList', isRequired: 'true' }],
          },
        ],
      }),
    'GET /payment_gateway_accounts': () =>
      jsonAnswer(200, {
        paymentGatewayAccounts: [
          {
            paymentGatewayAccountId: accountThings.gatewayId,
            paymentGateway: 'stripe',
            paymentGatewayDisplayName: 'Stripe',
            isEnabled: 'true',
          },
        ],
      }),
    'GET /brands': () => jsonAnswer(200, { brands: [{ brandId: accountThings.brandId, brandName: 'Simulated' }] }),
    'GET /signing_groups': () =>
      jsonAnswer(200, {
        groups: [{ signingGroupId: accountThings.signingGroupId, groupName: 'Simulated', users: [] }],
      }),

    'PUT /folders/:folderId': (request, { folderId }) => {
      if (folderId !== 'recyclebin') refuse(400, 'INVALID_REQUEST_PARAMETER', 'Only the recycle bin is simulated.');
      const given = bodyOf(request)['envelopeIds'];
      if (!Array.isArray(given)) return refuse(400, 'INVALID_REQUEST_PARAMETER', 'envelopeIds is missing.');
      const envelopes = given.map((id) => discard(String(id).toLowerCase(), request.nowMs));
      return jsonAnswer(200, { envelopes });
    },

    'POST /bulk_send_lists': (request) => {
      requireBulk();
      const body = bodyOf(request);
      const copies = objectsAt(body, 'bulkCopies');
      const name = textAt(body, 'name') ?? '';
      if (copies.length === 0) refuse(400, 'INVALID_REQUEST_PARAMETER', 'bulkCopies is empty.');
      const listId = uuid(random);
      lists.put(listId, { listId, name }, 0);
      return jsonAnswer(201, { listId, name, bulkCopies: copies });
    },
    'POST /bulk_send_lists/:listId/test': (request, { listId }) => {
      demandList(listId);
      const envelope = state.find(textAt(bodyOf(request), 'envelopeOrTemplateId') ?? '');
      const canBeSent = envelope?.status === 'created' && envelope.recipients.length > 0;
      const validationErrors = canBeSent ? [] : ['BULK_SEND_ENVELOPE_NOT_IN_SENDABLE_STATE'];
      return jsonAnswer(200, { canBeSent, validationErrors });
    },
    'DELETE /bulk_send_lists/:listId': (_request, values) => {
      const { listId } = demandList(values['listId']);
      lists.delete(listId);
      return jsonAnswer(200, {});
    },
    'GET /bulk_send_lists': () => {
      requireBulk();
      const bulkListSummaries = lists.all().map(({ listId, name }) => ({ bulkSendListId: listId, name }));
      return jsonAnswer(200, { bulkListSummaries });
    },
  };
}

function bodyOf({ body }: ServedRequest): Readonly<Record<string, unknown>> {
  return readObject(body) ?? refuse(400, 'INVALID_REQUEST_BODY', 'The body is not JSON.');
}
