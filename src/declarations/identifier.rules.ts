/** Codes of electronic addresses (EAS) as the Peppol BIS Billing 3.0.19 rules list them (PEPPOL-EN16931-CL008). */
const schemes = new Set(
  (
    '0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0147 0151 0154 0158 0170 0177 0183 0184 0188 0190 0191 ' +
    '0192 0193 0194 0195 0196 0198 0199 0200 0201 0202 0203 0204 0205 0208 0209 0210 0211 0212 0213 0215 0216 0217 0218 ' +
    '0221 0225 0230 0235 0240 9910 9913 9914 9915 9918 9919 9920 9922 9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 ' +
    '9933 9934 9935 9936 9937 9938 9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959'
  ).split(' '),
);

/** Receivers of GoRoute's documentation that are there for tests. */
const testReceivers = new Set([
  '9915:phase4-test-receiver',
  '9915:reject-all',
  '9915:timeout-test',
  '9915:invalid-cert',
  '9915:not-registered',
]);

type Rule = { called: string; problem: (value: string) => string | null };

/**
 * Check digits as the Peppol BIS Billing 3 rules test them: GLN PEPPOL-COMMON-R040, Norway R041, Denmark R042, Belgium
 * R043, Sweden R049; VAT numbers NO-R-001 and SE-R-001 and 2. Schemes without a rule there are taken as they are.
 */
const rules: Readonly<Record<string, Rule>> = {
  '0088': { called: 'GLN', problem: (value) => checked(value, /^\d{13}$/, '13 digits', isGln) },
  '0192': {
    called: 'Norwegian organisation number',
    problem: (value) => checked(value, /^\d{9}$/, '9 digits', isMod11),
  },
  '0184': {
    called: 'Danish CVR number',
    problem: (value) => checked(value, /^(DK)?\d{8}$/, '8 digits, with DK before them or without', () => true),
  },
  '0208': { called: 'Belgian enterprise number', problem: (value) => checked(value, /^\d{10}$/, '10 digits', isMod97) },
  '0007': {
    called: 'Swedish organisation number',
    problem: (value) => checked(value, /^\d{10}$/, '10 digits', isLuhn),
  },
  VAT: { called: 'VAT number', problem: problemOfVat },
};

/** What is wrong with an identifier; null: nothing that a rule knows. */
export function problemOfIdentifier({ scheme, value }: { scheme: string; value: string }): string | null {
  if (scheme !== 'VAT' && !schemes.has(scheme)) return `the scheme ${scheme} is not in the code list`;
  const rule = rules[scheme];
  const problem = rule?.problem(value) ?? null;
  return rule === undefined || problem === null ? null : `this ${rule.called} ${problem}`;
}

/** Whether it is there for tests alone. */
export function isTestIdentifier({ scheme, value }: { scheme: string; value: string }): boolean {
  return testReceivers.has(`${scheme}:${value.toLowerCase()}`);
}

function checked(value: string, form: RegExp, formText: string, fits: (digits: string) => boolean): string | null {
  if (!form.test(value)) return `has to have ${formText}`;
  return fits(value) ? null : 'has a wrong check digit';
}

function problemOfVat(value: string): string | null {
  if (!/^[A-Z]{2}[A-Z0-9]{2,20}$/.test(value)) return 'has to begin with the code of its country';
  if (value.startsWith('NO')) {
    return checked(value, /^NO\d{9}MVA$/, 'NO, 9 digits and MVA', (text) => isMod11(text.slice(2, 11)));
  }
  if (value.startsWith('SE')) {
    return checked(value, /^SE\d{12}$/, 'SE and 12 digits', (text) => isLuhn(text.slice(2, 12)));
  }
  return null;
}

function digitsOf(text: string): number[] {
  return Array.from(text, Number);
}

/** Weights 3 and 1 from the right, modulo 10. */
function isGln(text: string): boolean {
  const digits = digitsOf(text);
  const check = digits.pop();
  const sum = digits.reverse().reduce((total, digit, index) => total + digit * (index % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10 === check;
}

/** Weights 2 to 7 from the right, modulo 11. */
function isMod11(text: string): boolean {
  const digits = digitsOf(text);
  const check = digits.pop();
  const sum = digits.reverse().reduce((total, digit, index) => total + digit * ((index % 6) + 2), 0);
  return Number(text) > 0 && (11 - (sum % 11)) % 11 === check;
}

/** The last two digits are 97 less the first eight modulo 97. */
function isMod97(text: string): boolean {
  return 97 - (Number(text.slice(0, 8)) % 97) === Number(text.slice(8));
}

/** Every second digit from the right doubled, modulo 10. */
function isLuhn(text: string): boolean {
  const digits = digitsOf(text);
  const check = digits.pop();
  const sum = digits.reverse().reduce((total, digit, index) => {
    const twice = index % 2 === 0 ? digit * 2 : digit;
    return total + (twice > 9 ? twice - 9 : twice);
  }, 0);
  return (10 - (sum % 10)) % 10 === check;
}
