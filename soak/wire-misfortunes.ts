import { clock } from '../src/foundation/clock.js';
import { fault, type Direction, type WireFault } from '../src/testing/faults/fault.js';
import type { Dice } from './dice.js';

const LASTS_MS = 20_000;

/** What holds of a wire. */
export interface WireTraits {
  /** It carries bytes: they can come in pieces. */
  readonly bytes: boolean;
  /** Frames have ids: one that is lost, doubled or late is not taken for another. */
  readonly ids: boolean;
  /** Frames have checksums: what is damaged is noticed. */
  readonly checksums: boolean;
}

/** What can happen between a client and a server, whatever they speak; all of it passes. */
export function wireMisfortunes(
  wire: { apply(fault: WireFault): void },
  { bytes, ids, checksums }: WireTraits,
  dice: Dice,
): Record<string, () => void> {
  const either = (): Direction => dice.pick(['sent', 'received']);
  const forAWhile = (trouble: WireFault): void => {
    wire.apply(trouble);
    clock.after(dice.about(LASTS_MS), () => wire.apply(fault.heal()));
  };
  const always = {
    'the line breaks': () => wire.apply(fault.drop()),
    'the line is slow': () => wire.apply(fault.delay(dice.about(2_000), dice.about(LASTS_MS))),
    'the line falls silent': () => wire.apply(fault.halfOpen(dice.about(LASTS_MS))),
    'readers are slow': () => forAWhile(fault.slowReader({ bytesPerMs: dice.pick([0.05, 1, 20]) })),
  };
  const inPieces = {
    'bytes come in pieces': () => forAWhile(fault.split(dice.between(1, 40))),
  };
  const outOfTurn = {
    'a frame is lost': () => wire.apply(fault.dropFrame(either())),
    'a request comes twice': () => wire.apply(fault.duplicate('sent')),
    'answers come out of order': () => wire.apply(fault.reorder()),
  };
  const damaged = {
    'a frame is damaged': () =>
      wire.apply(fault.corrupt(either(), { byte: dice.between(-200, 200), bit: dice.between(0, 7) })),
  };
  return { ...always, ...(bytes ? inPieces : {}), ...(ids ? outOfTurn : {}), ...(checksums ? damaged : {}) };
}
