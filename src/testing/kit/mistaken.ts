import type { Recording } from '../marbles/recording.js';
import { showValue } from '../marbles/show-value.js';
import type { WireRecording } from '../wires/wire.js';

/** @throws TypeError for what is no recording, with what to say instead. */
export function mustBeRecording(given: Recording): void {
  if (isRecording(given)) return;
  if (has(given, 'wire'))
    throw new TypeError('expectRecording: this is a rig; its wire is a recording: expectWire(rig.wire)');
  if (has(given, 'fate')) {
    throw new TypeError('expectRecording: this is a stream of deliveries: expectFate(stream), or expectCredit(stream)');
  }
  if (isObservable(given)) {
    throw new TypeError('expectRecording: this is an Observable: expectObservable(it), or expectRecording(watch(it))');
  }
  throw new TypeError(`expectRecording: needs a recording, such as that of watch, got ${showValue(given)}`);
}

/** @throws TypeError for what is no wire, with what to say instead. */
export function mustBeWire(given: WireRecording): void {
  if (isRecording(given) && has(given, 'sent') && has(given, 'received')) return;
  if (has(given, 'wire'))
    throw new TypeError('expectWire: this is what has a wire, not the wire itself: expectWire(rig.wire)');
  if (isRecording(given))
    throw new TypeError('expectWire: this is a recording, but not of a wire: expectRecording(it)');
  throw new TypeError(
    `expectWire: needs the wire of a rig, got ${showValue(given)}: const { wire } = flo(); expectWire(wire)`,
  );
}

/** @throws TypeError for what is no Observable, with what to say instead. */
export function mustBeObservable(where: string, given: unknown): void {
  if (isObservable(given)) return;
  if (isRecording(given)) throw new TypeError(`${where}: this is a recording: expectRecording(it)`);
  throw new TypeError(`${where}: needs an Observable, got ${showValue(given)}`);
}

function isRecording(given: unknown): boolean {
  return has(given, 'name') && has(given, 'events');
}

function isObservable(given: unknown): boolean {
  return has(given, 'subscribe') && typeof Reflect.get(given, 'subscribe') === 'function';
}

function has(given: unknown, name: string): given is object {
  return typeof given === 'object' && given !== null && name in given;
}
