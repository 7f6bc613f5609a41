import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Who may use the loopback server. A link's token works once and turns into a session cookie; the cookie's secret lives as
 * long as the server. Secrets are compared by digest, so that neither length nor time tells anything.
 */
export class Sessions {
  readonly #secret = newSecret();
  #links = new Set<string>();
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Browsers do not keep cookies apart by port, so the name does. */
  get #cookieName(): string {
    return `penumbra_${this.#port}`;
  }

  /** A token for one opened link. */
  mintToken(): string {
    const token = newSecret();
    this.#links.add(digest(token));
    return token;
  }

  /** True once for each token. */
  spendToken(token: string): boolean {
    return this.#links.delete(digest(token));
  }

  cookieHeader(): string {
    return `${this.#cookieName}=${this.#secret}; HttpOnly; SameSite=Strict; Path=/`;
  }

  isSignedIn(cookieHeader: string | undefined): boolean {
    const expected = Buffer.from(digest(this.#secret));
    return (cookieHeader ?? '').split(';').some((part) => {
      const [name, value] = part.trim().split('=', 2);
      return name === this.#cookieName && timingSafeEqual(Buffer.from(digest(value ?? '')), expected);
    });
  }
}

const newSecret = (): string => randomBytes(32).toString('base64url');
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
