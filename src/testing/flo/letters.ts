import { CONNECTION_LETTERS } from '../wires/wire-event.js';

/**
 * What the letters of a Flo wire stand for: UPPER case is a request, the same in lower case its answer, if the server
 * did what it was asked for.
 */
export const FLO_LETTERS = {
  ...CONNECTION_LETTERS,
  P: 'Ping',
  p: 'Pong',
  E: 'Enqueue',
  e: 'Enqueued',
  D: 'Dequeue',
  d: 'Messages',
  z: 'NoMessages',
  A: 'Ack',
  a: 'Acked',
  N: 'Nack',
  n: 'Nacked',
  T: 'Touch',
  t: 'Touched',
  L: 'DlqList',
  l: 'DeadLetters',
  G: 'Get',
  g: 'Value',
  S: 'Put',
  s: 'Stored',
  R: 'Delete',
  r: 'Deleted',
  f: 'Refused',
  u: 'Unasked',
} as const;
