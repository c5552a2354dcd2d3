import { adobeSign } from './adobe-sign/adobe-sign.rules.ts';
import { documenso } from './documenso/documenso.rules.ts';
import { docusign } from './docusign/docusign.rules.ts';
import { dropboxSign } from './dropbox-sign/dropbox-sign.rules.ts';
import { github } from './github/github.rules.ts';
import { goroute } from './goroute/goroute.rules.ts';
import { pandadoc } from './pandadoc/pandadoc.rules.ts';
import { shopify } from './shopify/shopify.rules.ts';
import { signwell } from './signwell/signwell.rules.ts';
import type { Simulator } from './simulator.ts';
import { slack } from './slack/slack.rules.ts';
import { standardWebhooks } from './standard-webhooks/standard-webhooks.rules.ts';
import { stripe } from './stripe/stripe.rules.ts';

const all = [
  documenso,
  docusign,
  goroute,
  stripe,
  github,
  slack,
  shopify,
  standardWebhooks,
  dropboxSign,
  pandadoc,
  adobeSign,
  signwell,
];

/** Every provider that can be simulated, by its name, the most complete first. */
export const simulators: ReadonlyMap<string, Simulator> = new Map(all.map((simulator) => [simulator.name, simulator]));
