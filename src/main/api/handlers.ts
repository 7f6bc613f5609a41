import type { AnyCall, BlobName, CallName } from '#shared/contract/index.ts';
import type { CallOutput, CallParsedInput } from '#shared/contract/define.ts';

type CallNamed<N extends CallName> = Extract<AnyCall, { readonly name: N }>;

/** One handler a call: parsed input to value. Failures are thrown as `PenumbraError`; the router makes error values of them. */
export type CallHandlers = {
  readonly [N in CallName]: (input: CallParsedInput<CallNamed<N>>) => Promise<CallOutput<CallNamed<N>>> | CallOutput<CallNamed<N>>;
};

/** What a GET answers with: a file as it lies on disk, or bytes made for this request. */
export type BlobContent = (
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
) & {
  readonly contentType: string;
  /** A name for the content, where it is known without the bytes. */
  readonly etag?: string;
  /** `never`: nothing on the way may keep the answer. Otherwise it may be kept, but is asked for again each time. */
  readonly cache?: 'never';
};

interface BlobReader {
  get(id: string): Promise<BlobContent>;
}
interface BlobWriter {
  /** The value becomes the PUT's reply. */
  put(id: string, bytes: Uint8Array): Promise<unknown>;
}

/** Which blobs take a PUT is checked against the contract when the API is made. */
export type BlobHandlers = { readonly [N in BlobName]: BlobReader & Partial<BlobWriter> };
