import { of, tap, type Observable, type OperatorFunction } from 'rxjs';
import { NotADeliveryError } from '../../src/observables/delivery/errors.js';
import { ack } from '../../src/observables/delivery/operators/ack.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { filterDelivery } from '../../src/observables/delivery/operators/filter-delivery.js';
import { mapDelivery } from '../../src/observables/delivery/operators/map-delivery.js';
import { records } from '../../src/observables/delivery/operators/records.js';
import { work } from '../../src/observables/delivery/operators/work.js';
import { run } from './support/marbles.js';
import { ScriptedLog } from './support/scripted-log.js';

/** What the compiler would not let pass: users may have no types. */
type Untyped = OperatorFunction<unknown, unknown>;

const operators: readonly (readonly [name: string, needed: string, operator: Untyped])[] = [
  ['ack', 'deliveries', ack() as Untyped],
  ['autoAck', 'deliveries', autoAck() as Untyped],
  ['work', 'deliveries', work(() => undefined) as Untyped],
  ['mapDelivery', 'deliveries', mapDelivery(() => undefined) as Untyped],
  ['filterDelivery', 'deliveries', filterDelivery(() => true) as Untyped],
  ['records', 'batches or deliveries of them', records() as Untyped],
];

function errorOf(source: Observable<unknown>): unknown {
  const errors: unknown[] = [];
  source.subscribe({ error: (error: unknown) => errors.push(error) });
  expect(errors).toHaveLength(1);
  return errors[0];
}

describe('an operator behind one that took the values out of their deliveries', () => {
  it.each(operators)('%s: says so, and what it was given was not acked', (name, needed, operator) => {
    run(({ expectObservable, flush }) => {
      const log = new ScriptedLog('ab');
      const error = new NotADeliveryError(
        `${name} needs ${needed}, but got a string: an operator before it has taken the values out of their ` +
          'deliveries, as autoAck(), ack(), work() and map((delivery) => delivery.value) do',
        { context: { operator: name, got: 'a string' } },
      );

      expectObservable(log.stream.pipe(autoAck(), operator)).toBe('-#', undefined, error);
      flush();
      expect(log.stream.fate()).toMatchObject({ delivered: 1, abandoned: 1 });
    });
  });

  it.each(operators)('%s: by its code, its operator and the kind of what came', (name, _needed, operator) => {
    const error = errorOf(of('secret').pipe(operator));
    expect(error).toBeInstanceOf(NotADeliveryError);
    expect(error).toMatchObject({
      code: 'NOT_A_DELIVERY',
      retryable: false,
      context: { operator: name, got: 'a string' },
    });
    expect((error as Error).message).not.toContain('secret');
  });

  class Invoice {
    readonly total = 5;
  }
  const kinds: readonly (readonly [kind: string, value: unknown])[] = [
    ['undefined', undefined],
    ['null', null],
    ['a number', Number.NaN],
    ['a bigint', 5n],
    ['a boolean', false],
    ['a symbol', Symbol('secret')],
    ['a function', () => 'secret'],
    ['an object', { secret: 5, constructor: 'secret' }],
    ['an object', Object.create(null)],
    ['an instance of Array', ['secret']],
    ['an instance of Uint8Array', new Uint8Array(3)],
    ['an instance of Invoice', new Invoice()],
  ];
  it.each(kinds)('names the kind: %s', (kind, value) => {
    for (const [, , operator] of operators) {
      expect((errorOf(of(value).pipe(operator)) as Error).message).toContain(`, but got ${kind}: `);
    }
  });

  it.each(operators)('%s: stops its source', (_name, _needed, operator) => {
    const emitted: number[] = [];
    errorOf(
      of(1, 2, 3).pipe(
        tap((value) => emitted.push(value)),
        operator,
      ),
    );
    expect(emitted).toEqual([1]);
  });
});
