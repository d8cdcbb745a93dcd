/** Command codes of control frames: the low byte of the batch id (lance.md 2.7). */
export const Command = {
  CreateTopic: 0x01,
  DeleteTopic: 0x02,
  ListTopics: 0x03,
  GetTopic: 0x04,
  SetRetention: 0x05,
  CreateTopicWithRetention: 0x06,
  GetClusterStatus: 0x07,
  Authenticate: 0x08,
  AuthenticateResponse: 0x09,
  Fetch: 0x10,
  FetchResponse: 0x11,
  CatchingUp: 0x12,
  Subscribe: 0x20,
  Unsubscribe: 0x21,
  CommitOffset: 0x22,
  SubscribeAck: 0x23,
  CommitAck: 0x24,
  TopicResponse: 0x80,
  ClusterStatusResponse: 0x81,
  ErrorResponse: 0xff,
} as const;

export type Command = (typeof Command)[keyof typeof Command];

const names = new Map<number, string>(Object.entries(Command).map(([name, code]) => [code, name]));

/** The name of a command for messages, or its number in hex when it has none. */
export function commandName(code: number): string {
  return names.get(code) ?? `0x${code.toString(16).padStart(2, '0')}`;
}
