import type { Observable } from 'rxjs';
import type { RunHelpers } from 'rxjs/testing';
import { onlyKnown } from '../../foundation/known-options.js';
import type { DeliveryStream } from '../../observables/delivery/delivery-stream.js';
import { creditRecording } from '../deliveries/credit-recording.js';
import { deliveries, type DeliveriesOptions } from '../deliveries/deliveries.js';
import { fateRecording } from '../deliveries/fate-recording.js';
import { floRig, type FloRig, type FloRigOptions } from '../flo/flo-rig.js';
import { lanceRig, type LanceRig, type LanceRigOptions } from '../lance/lance-rig.js';
import { lightningRig, type LightningRig, type LightningRigOptions } from '../lightning/lightning-rig.js';
import type { Legend, Recording } from '../marbles/recording.js';
import { schedule } from '../run/schedule.js';
import { Crashable } from '../run/lives.js';
import type { Caller, MarbleRun } from '../run/marble-run.js';
import { Watch, type WatchOptions } from '../run/watch.js';
import type { Wire, WireRecording } from '../wires/wire.js';
import { Begun } from './begun.js';
import { expectObservableIn } from './expect-observable.js';
import { expectSubscriptionsIn } from './expect-subscriptions.js';
import { mustBeObservable, mustBeRecording, mustBeWire } from './mistaken.js';

/** How a recording is to look when the test has ended. */
export interface MarbleExpectation {
  /**
   * The diagram in the syntax of RxJS's run mode. `values` says what its letters stand for, where that is not understood;
   * `error` what `#` stands for.
   */
  toBe(diagram: string, values?: Legend, error?: unknown): void;
}

/** How a conversation is to look: both directions in one diagram, or each in its own. */
export interface WireExpectation {
  toBe(diagram: string | { readonly sent?: string; readonly received?: string }, values?: Legend): void;
}

/** What a marble test is made of: RxJS's own helpers, and those for deliveries, wires and programs that crash. */
export interface MarbleKit extends RunHelpers {
  /** A stream of deliveries whose values are there at their moments. */
  deliveries<T = string>(
    diagram: string,
    values?: Readonly<Record<string, T>>,
    options?: DeliveriesOptions<T>,
  ): DeliveryStream<T>;
  /** When each delivery of a stream had its fate: `a` acked, `n` nacked, `d` dead, `x` abandoned. */
  expectFate<T, R>(stream: DeliveryStream<T, R>): MarbleExpectation;
  /** How many deliveries more the window of a stream would take, each time that this changed. */
  expectCredit<T, R>(stream: DeliveryStream<T, R>): MarbleExpectation;
  /** What went over a wire, at the client's end: upper case sent, lower case received. */
  expectWire(wire: Wire | WireRecording): WireExpectation;
  /** Any recording, such as that of `watch`. */
  expectRecording(recording: Recording): MarbleExpectation;
  /** A Lance server in memory, its wire, and clients. */
  lance(options?: LanceRigOptions): LanceRig;
  /** A Flo server in memory, its wire, and clients. */
  flo(options?: FloRigOptions): FloRig;
  /** A Lightning store in memory, its wire, and clients. */
  lightning(options?: LightningRigOptions): LightningRig;
  /** Does things at moments: `at('5ms a 10ms b', { a: () => …, b: () => … })`. */
  at(diagram: string, deeds: Readonly<Record<string, () => void>>): void;
  /** Subscribes at once and notes what comes; for scripts. A function is called with each value. */
  watch<T>(source: Observable<T>, options?: ((value: T) => void) | WatchOptions<T>): Watch<T>;
  /** Runs a program that can be crashed and started again. */
  crashable(main: (start: number) => void): Crashable;
}

/** The kit of one run. */
export function kitOf(run: MarbleRun, helpers: RunHelpers): MarbleKit {
  const begun = new Begun(run);
  const expectation = (what: string, recording: Recording, above: Caller): MarbleExpectation => {
    const said = begun.begin(what, above);
    return {
      toBe: function toBe(diagram, values, error) {
        said();
        run.expect(recording, diagram, values, error, toBe);
      },
    };
  };
  return {
    ...helpers,
    expectObservable: expectObservableIn(run, helpers, begun),
    expectSubscriptions: expectSubscriptionsIn(run, helpers, begun),
    deliveries,
    expectFate: function expectFate(stream) {
      return expectation('expectFate', fateRecording(stream), expectFate);
    },
    expectCredit: function expectCredit(stream) {
      return expectation('expectCredit', creditRecording(stream), expectCredit);
    },
    expectRecording: function expectRecording(recording) {
      mustBeRecording(recording);
      return expectation('expectRecording', recording, expectRecording);
    },
    expectWire: function expectWire(wire) {
      mustBeWire(wire);
      const said = begun.begin('expectWire', expectWire);
      return {
        toBe: function toBe(diagram, values) {
          said();
          const expected = (recording: Recording, drawn: string): void =>
            run.expect(recording, drawn, values, undefined, toBe);
          if (typeof diagram === 'string') return expected(wire, diagram);
          const { sent, received } = onlyKnown('expectWire', diagram, { sent: true, received: true });
          if (sent !== undefined) expected(wire.sent, sent);
          if (received !== undefined) expected(wire.received, received);
        },
      };
    },
    lance: (options) => shown(run, lanceRig(options)),
    flo: (options) => shown(run, floRig(options)),
    lightning: (options) => shown(run, lightningRig(options)),
    at: (diagram, deeds) => schedule(run, diagram, deeds),
    watch(source, options) {
      mustBeObservable('watch', source);
      return new Watch(source, options);
    },
    crashable(main) {
      const program = new Crashable(main);
      program.start();
      return program;
    },
  };
}

function shown<R extends { readonly wire: Wire }>(run: MarbleRun, rig: R): R {
  run.show(rig.wire);
  return rig;
}
