import fc from 'fast-check';
import { type Waiter, Window, type WindowLimits } from '../../src/observables/delivery/core/window.js';
import { ensure } from './model/ensure.js';
import { runs } from './model/seed.js';

interface Share {
  readonly reserved: number;
  bytes: number;
  admitted: boolean;
}

/** One who takes what it wishes for, one after the other, and can't go on with the first before it has all it needs. */
class Taker implements Waiter {
  readonly shares: Share[] = [];
  wishes: number[] = [];
  /** What the oldest share that is not admitted still needs. */
  missing: number | undefined;
  refused = false;
  wakes = 0;
  /** How often others took something while this one stood in line. */
  readonly overtakenBy = new Map<Taker, number>();

  constructor(
    private readonly window: Window,
    private readonly all: readonly Taker[],
  ) {}

  wake(): void {
    this.wakes++;
    this.admit();
    this.take();
  }

  take(): void {
    for (let size = this.wishes[0]; size !== undefined; size = this.wishes[0]) {
      if (!this.window.take(this, size)) {
        this.refused = true;
        return;
      }
      this.shares.push({ reserved: size, bytes: size, admitted: false });
      this.refused = false;
      this.overtakenBy.clear();
      for (const other of this.all) {
        if (other === this || !other.refused) continue;
        const times = (other.overtakenBy.get(this) ?? 0) + 1;
        ensure(times <= 1, 'nobody is overtaken twice by the same one');
        other.overtakenBy.set(this, times);
      }
      this.wishes.shift();
    }
  }

  admit(): void {
    const share = this.shares.find(({ admitted }) => !admitted);
    if (this.missing === undefined || share === undefined) return;
    if (!this.window.admit(this, this.missing)) return;
    share.bytes += this.missing;
    share.admitted = true;
    this.missing = undefined;
  }
}

class Model {
  readonly window: Window;
  readonly takers: Taker[] = [];

  constructor(
    readonly limits: WindowLimits,
    count: number,
  ) {
    this.window = new Window(limits);
    for (let i = 0; i < count; i++) this.takers.push(new Taker(this.window, this.takers));
  }

  get shares(): Share[] {
    return this.takers.flatMap(({ shares }) => shares);
  }

  settle(taker: Taker, pick: number): void {
    const settled = taker.shares.filter(({ admitted }) => admitted);
    const share = settled[pick % Math.max(1, settled.length)];
    if (share === undefined) return;
    taker.shares.splice(taker.shares.indexOf(share), 1);
    this.window.settled(share.bytes);
  }

  /** Nothing came of the last thing that was asked for. */
  giveBack(taker: Taker): void {
    const share = taker.shares.at(-1);
    if (
      share === undefined ||
      share.admitted ||
      (taker.missing !== undefined && taker.shares.find(({ admitted }) => !admitted) === share)
    )
      return;
    taker.shares.pop();
    this.window.refund(1, share.bytes);
  }

  leave(taker: Taker): void {
    taker.wishes = [];
    taker.refused = false;
    taker.overtakenBy.clear();
    if (taker.missing !== undefined) {
      const at = taker.shares.findIndex(({ admitted }) => !admitted);
      const [share] = taker.shares.splice(at, 1);
      taker.missing = undefined;
      this.window.leave(taker);
      this.window.refund(1, share?.bytes ?? 0);
    } else this.window.leave(taker);
  }

  fits(size: number): boolean {
    const { deliveries, bytes } = this.window;
    return deliveries === 0 || (deliveries < this.limits.deliveries && bytes + size <= this.limits.bytes);
  }

  lacks(missing: number): boolean {
    return this.shares.some(({ admitted }) => admitted) && this.window.bytes + missing > this.limits.bytes;
  }

  check(): void {
    const { deliveries, bytes } = this.window;
    const { shares, limits } = this;
    ensure(deliveries === shares.length, 'deliveries are counted');
    ensure(bytes === shares.reduce((sum, share) => sum + share.bytes, 0), 'bytes are counted');
    ensure(deliveries <= limits.deliveries, 'deliveries stay within the window');
    const isCarry = (share: Share): boolean => share.admitted && bytes - (share.bytes - share.reserved) <= limits.bytes;
    ensure(
      bytes <= limits.bytes || deliveries === 1 || shares.some(isCarry),
      'bytes stay within the window, one carry aside',
    );

    const lacking = this.takers.filter(({ missing }) => missing !== undefined);
    if (lacking.length > 0) {
      ensure(
        lacking.some(({ missing = 0 }) => this.lacks(missing)),
        'what has arrived is admitted as soon as it can be',
      );
      return;
    }
    const wishing = this.takers.filter(({ wishes }) => wishes.length > 0);
    const isStuck = wishing.length > 0 && wishing.every(({ wishes }) => this.fits(wishes[0] ?? 0));
    ensure(!isStuck, 'whoever is first in line takes what fits');
  }
}

describe('a window', () => {
  const { title, parameters } = runs(3_000, 10_000);
  const step = fc.tuple(
    fc.constantFrom('wish', 'wish', 'wish', 'arrive', 'arrive', 'settle', 'settle', 'giveBack', 'leave'),
    fc.nat({ max: 2 }),
    fc.nat({ max: 255 }),
  );
  const limits = fc.record({ deliveries: fc.integer({ min: 1, max: 5 }), bytes: fc.integer({ min: 1, max: 20 }) });

  it(`keeps its limits, lets its streams take turns, and leaves nobody waiting for room that is there (${title})`, () => {
    fc.assert(
      fc.property(
        limits,
        fc.integer({ min: 1, max: 3 }),
        fc.array(step, { maxLength: 60, size: 'max' }),
        (bounds, count, steps) => {
          const model = new Model(bounds, count);
          for (const [what, who, pick] of steps) {
            const taker = model.takers[who % count]!;
            if (what === 'wish') {
              taker.wishes.push(1 + (pick % 8));
              taker.take();
            } else if (
              what === 'arrive' &&
              taker.missing === undefined &&
              taker.shares.some(({ admitted }) => !admitted)
            ) {
              taker.missing = pick % 3 === 0 ? pick % 10 : 0;
              taker.admit();
            } else if (what === 'settle') model.settle(taker, pick);
            else if (what === 'giveBack') model.giveBack(taker);
            else if (what === 'leave') model.leave(taker);
            model.check();
          }
          for (let round = 0; model.shares.length > 0; round++) {
            ensure(round < 1_000, 'everybody comes to an end');
            for (const taker of model.takers) {
              if (taker.missing === undefined && taker.shares.some(({ admitted }) => !admitted)) taker.missing = 0;
              taker.admit();
              model.settle(taker, 0);
              model.check();
            }
          }
          ensure(
            model.takers.every(({ wishes }) => wishes.length === 0),
            'every wish has been fulfilled',
          );
          ensure(model.window.deliveries === 0 && model.window.bytes === 0, 'everything has been given back');
        },
      ),
      parameters,
    );
  });
});
