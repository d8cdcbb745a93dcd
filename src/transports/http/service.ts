/** A request as a server sees it. */
export interface IncomingRequest {
  /** In upper case; any method that a client may think of. */
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  /** Undefined or empty if there is none. */
  readonly body: Uint8Array | string | undefined;
  /** The value of a header, whose name is given in lower case. */
  header(name: string): string | undefined;
}

/** What a server answers. */
export interface OutgoingAnswer {
  readonly status: number;
  /** Names in lower case; the length is added by whoever sends it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** The server's side of an exchange. One of its methods is called, once; also inside {@link HttpService}. */
export interface ExchangeEnd {
  answer(answer: OutgoingAnswer): void;
  /** Breaks the connection: before anything is sent, in the middle of this answer, or right behind it. */
  drop(answer?: OutgoingAnswer, when?: 'halfway' | 'afterwards'): void;
}

/** Serves HTTP. The returned function is called if the client leaves before it has an answer. */
export type HttpService = (request: IncomingRequest, end: ExchangeEnd) => () => void;
