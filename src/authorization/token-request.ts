/** A small request to where tokens come from. Header names are in lower case. */
export type TokenRequest = {
  method: 'GET' | 'POST';
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string | null;
};

/** `body` is at most 64 kB; redirects are answers like any other. */
export type TokenAnswer = { status: number; headers: ReadonlyMap<string, string>; body: Buffer };

/** Rejects with a TokenRequestFailure when there is no whole answer in time. */
export type TokenRequester = (request: TokenRequest) => Promise<TokenAnswer>;

/** `what` continues "the server …" and holds no secret. */
export class TokenRequestFailure extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'TokenRequestFailure';
  }
}
