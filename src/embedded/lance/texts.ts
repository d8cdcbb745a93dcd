/** What the genuine server says, letter for letter (section 11 of the protocol). */
export const Text = {
  topicNameRequired: 'Topic name required',
  topicNameEmpty: 'Invalid data: Topic name must not be empty',
  topicNameTooLong: 'I/O error: File name too long (os error 36)',
  invalidCreatePayload: 'Invalid create topic payload',
  invalidPayloadLength: 'Invalid payload length',
  invalidSetRetention: 'Invalid set retention payload',
  invalidSubscribe: 'Invalid subscribe payload',
  invalidUnsubscribe: 'Invalid unsubscribe payload',
  invalidCommit: 'Invalid commit offset payload',
  topicNotFound: 'Topic not found',
  unknownTopic: 'Unknown topic',
  fetchPayloadRequired: 'Fetch request payload required',
  fetchPayloadTooSmall: 'Protocol error: Fetch request payload too small',
  rateLimitExceeded: 'Rate limit exceeded',
  authenticationRequired: 'Authentication required',
  authenticationElsewhere: 'Authentication handled at connection level',
  invalidClientCommand: 'Invalid client command',
  authenticated: 'Authenticated',
  invalidToken: 'Invalid token',
  noToken: 'No token provided',
  invalidTokenEncoding: 'Invalid token encoding',
} as const;

export function topicExists(name: string): string {
  return `Topic '${name}' already exists`;
}

export function invalidTopicName(name: string): string {
  return (
    `Invalid data: Topic name '${name}' contains invalid characters. ` +
    'Only alphanumeric characters (a-z, A-Z, 0-9) and dashes (-) are allowed'
  );
}

/** Delete and SetRetention. */
export function noSuchTopic(id: number): string {
  return `Configuration error: Topic ${id} not found`;
}

/** Fetch. */
export function fetchUnknownTopic(id: number): string {
  return `Topic ${id} not found`;
}
