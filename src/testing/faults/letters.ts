import { fault, type Fault } from './fault.js';

/** What letters of a diagram of faults stand for. */
export type FaultLegend = Readonly<Record<string, Fault>>;

/**
 * What the letters of a diagram of faults stand for, unless a test says otherwise. As on the wire, upper case is what the
 * client sent, and lower case what it is sent.
 *
 * @example
 * import { DEFAULT_FAULTS } from 'sluice/testing';
 * DEFAULT_FAULTS['L']; // the next frame that the client sends is lost
 */
export const DEFAULT_FAULTS: FaultLegend = {
  d: fault.drop(),
  s: fault.split(),
  L: fault.dropFrame('sent'),
  l: fault.dropFrame('received'),
  T: fault.duplicate('sent'),
  t: fault.duplicate('received'),
  C: fault.corrupt('sent'),
  c: fault.corrupt('received'),
  r: fault.reorder(),
  o: fault.halfOpen(),
  h: fault.heal(),
};

/** For people, such as `delay by 200 ms for 1000 ms`. */
export function faultInWords(given: Fault): string {
  switch (given.kind) {
    case 'drop':
      return 'connections dropped';
    case 'split':
      return `split into ${given.bytes === 1 ? 'single bytes' : `pieces of ${given.bytes} bytes`}`;
    case 'delay':
      return `delay by ${given.ms} ms${given.forMs === undefined ? '' : ` for ${given.forMs} ms`}`;
    case 'dropFrame':
      return given.count === 1
        ? `next frame ${given.direction} lost`
        : `next ${given.count} frames ${given.direction} lost`;
    case 'duplicate':
      return `next frame ${given.direction} twice`;
    case 'corrupt':
      return `next frame ${given.direction} damaged at byte ${given.byte}`;
    case 'reorder':
      return 'next answer overtaken';
    case 'halfOpen':
      return `connections half-open${given.forMs === undefined ? '' : ` for ${given.forMs} ms`}`;
    case 'slowReader':
      return `readers slow: ${given.bytesPerMs} bytes in a millisecond`;
    case 'restart':
      return `server restarts, down for ${given.downMs} ms`;
    case 'clockJump':
      return `clock jumps by ${given.ms} ms`;
    case 'heal':
      return 'healed';
  }
}

/** Why a fault has met nothing. */
export function whyUnmet(given: Fault): string {
  switch (given.kind) {
    case 'drop':
    case 'halfOpen':
      return 'nothing was open';
    case 'split':
      return `nothing longer than ${given.bytes === 1 ? 'a byte' : `${given.bytes} bytes`} came`;
    case 'delay':
      return given.ms === 0 ? 'that is no delay' : 'nothing came while it lasted';
    case 'slowReader':
      return 'nothing came that takes longer so';
    case 'dropFrame':
    case 'duplicate':
    case 'corrupt':
      return `nothing to which it can happen was ${given.direction} after it`;
    case 'reorder':
      return 'no answer came after it with another one close behind';
    case 'restart':
      return 'no client was connected, or wanted to be, before the server was back';
    case 'clockJump':
    case 'heal':
      return 'nothing noticed it';
  }
}
