/** What the reference server says, letter by letter (lance.md 11). */
export const ErrorText = {
  invalidCommand: 'Invalid client command',
  authenticateResponseFromClient: 'Authentication handled at connection level',
  topicNameRequired: 'Topic name required',
  emptyTopicName: 'Invalid data: Topic name must not be empty',
  topicNameTooLong: 'I/O error: File name too long (os error 36)',
  invalidCreateTopicPayload: 'Invalid create topic payload',
  invalidPayloadLength: 'Invalid payload length',
  invalidSetRetentionPayload: 'Invalid set retention payload',
  topicNotFound: 'Topic not found',
  unknownTopic: 'Unknown topic',
  fetchPayloadRequired: 'Fetch request payload required',
  fetchPayloadTooSmall: 'Protocol error: Fetch request payload too small',
  invalidSubscribePayload: 'Invalid subscribe payload',
  invalidUnsubscribePayload: 'Invalid unsubscribe payload',
  invalidCommitOffsetPayload: 'Invalid commit offset payload',
  rateLimited: 'Rate limit exceeded',
  authenticationRequired: 'Authentication required',
  leaderNotReady: 'FORWARD_FAILED: Leader not ready (apply/metadata catch-up)',
  leaderUnknown: 'FORWARD_FAILED: Leader address unknown',
  leaderUnreachable: 'FORWARD_FAILED: Failed to connect to leader: Connection refused (os error 111)',
  quorumMissed: 'FORWARD_FAILED: Quorum not reached - required 2 ACKs, got 1',
  unknownTopicInCluster: 'FORWARD_FAILED: Unknown topic (metadata convergence)',
} as const;

export type ErrorText = (typeof ErrorText)[keyof typeof ErrorText];

export function topicExistsText(name: string): string {
  return `Topic '${name}' already exists`;
}

export function invalidTopicNameText(name: string): string {
  return (
    `Invalid data: Topic name '${name}' contains invalid characters. ` +
    'Only alphanumeric characters (a-z, A-Z, 0-9) and dashes (-) are allowed'
  );
}

/** The answer to a Fetch. */
export function topicIdNotFoundText(id: number): string {
  return `Topic ${id} not found`;
}

/** The answer to DeleteTopic and SetRetention. */
export function configuredTopicNotFoundText(id: number): string {
  return `Configuration error: Topic ${id} not found`;
}

/** `address` is `host:port`; without it the leader is unknown. */
export function notLeaderText(address?: string): string {
  return address === undefined ? 'NOT_LEADER: leader unknown' : `NOT_LEADER: redirect to ${address}`;
}
