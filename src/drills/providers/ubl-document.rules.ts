/** Somebody in the Peppol network, as an invoice names them. */
export type UblParty = { scheme: string; value: string; name: string; country: string };

type UblDocument = {
  kind: 'invoice' | 'credit-note';
  number: string;
  /** ISO 8601 day. */
  issuedOn: string;
  supplier: UblParty;
  customer: UblParty;
  /** What the one line of it says. */
  text: string;
  /** The number of the invoice that a credit note takes back. */
  corrects?: string;
};

const customization = 'urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0';
const profile = 'urn:fdc:peppol.eu:2017:poacc:billing:01:1.0';
const oasis = 'urn:oasis:names:specification:ubl:schema:xsd';
const currency = 'EUR';
const amount = '1.00';

/**
 * An invoice or credit note over one euro in UBL 2.1 with what EN 16931 and Peppol BIS Billing 3 demand of every one. It
 * is outside the scope of VAT (category O), so that it needs no VAT number and moves no tax.
 */
export function ublDocument(document: UblDocument): string {
  const { kind, number, issuedOn, supplier, customer, text, corrects } = document;
  const isInvoice = kind === 'invoice';
  const root = isInvoice ? 'Invoice' : 'CreditNote';
  const money = (name: string): string => `<cbc:${name} currencyID="${currency}">${amount}</cbc:${name}>`;
  const noTax = `<cbc:TaxAmount currencyID="${currency}">0.00</cbc:TaxAmount>`;
  const scheme = '<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>';
  const quantity = isInvoice ? 'InvoicedQuantity' : 'CreditedQuantity';
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<${root} xmlns="${oasis}:${root}-2" xmlns:cac="${oasis}:CommonAggregateComponents-2" xmlns:cbc="${oasis}:CommonBasicComponents-2">`,
    `<cbc:CustomizationID>${customization}</cbc:CustomizationID>`,
    `<cbc:ProfileID>${profile}</cbc:ProfileID>`,
    `<cbc:ID>${escaped(number)}</cbc:ID>`,
    `<cbc:IssueDate>${issuedOn}</cbc:IssueDate>`,
    isInvoice
      ? '<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>'
      : '<cbc:CreditNoteTypeCode>381</cbc:CreditNoteTypeCode>',
    `<cbc:Note>${escaped(text)}</cbc:Note>`,
    `<cbc:DocumentCurrencyCode>${currency}</cbc:DocumentCurrencyCode>`,
    '<cbc:BuyerReference>posthorn-test</cbc:BuyerReference>',
    ...(corrects === undefined
      ? []
      : [
          `<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>${escaped(corrects)}</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>`,
        ]),
    `<cac:AccountingSupplierParty>${party(supplier)}</cac:AccountingSupplierParty>`,
    `<cac:AccountingCustomerParty>${party(customer)}</cac:AccountingCustomerParty>`,
    '<cac:PaymentTerms><cbc:Note>This is a test: nothing is to be paid.</cbc:Note></cac:PaymentTerms>',
    `<cac:TaxTotal>${noTax}<cac:TaxSubtotal>${money('TaxableAmount')}${noTax}`,
    `<cac:TaxCategory><cbc:ID>O</cbc:ID><cbc:TaxExemptionReason>Not subject to VAT</cbc:TaxExemptionReason>${scheme}</cac:TaxCategory>`,
    '</cac:TaxSubtotal></cac:TaxTotal>',
    `<cac:LegalMonetaryTotal>${['LineExtensionAmount', 'TaxExclusiveAmount', 'TaxInclusiveAmount', 'PayableAmount'].map(money).join('')}</cac:LegalMonetaryTotal>`,
    `<cac:${root}Line><cbc:ID>1</cbc:ID><cbc:${quantity} unitCode="EA">1</cbc:${quantity}>${money('LineExtensionAmount')}`,
    `<cac:Item><cbc:Name>${escaped(text)}</cbc:Name><cac:ClassifiedTaxCategory><cbc:ID>O</cbc:ID>${scheme}</cac:ClassifiedTaxCategory></cac:Item>`,
    `<cac:Price>${money('PriceAmount')}</cac:Price></cac:${root}Line>`,
    `</${root}>`,
  ];
  return `${lines.join('\n')}\n`;
}

function party({ scheme, value, name, country }: UblParty): string {
  return [
    `<cac:Party><cbc:EndpointID schemeID="${escaped(scheme)}">${escaped(value)}</cbc:EndpointID>`,
    `<cac:PartyIdentification><cbc:ID>${escaped(value)}</cbc:ID></cac:PartyIdentification>`,
    `<cac:PostalAddress><cac:Country><cbc:IdentificationCode>${escaped(country)}</cbc:IdentificationCode></cac:Country></cac:PostalAddress>`,
    `<cac:PartyLegalEntity><cbc:RegistrationName>${escaped(name)}</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party>`,
  ].join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
