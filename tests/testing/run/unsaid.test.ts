import { of } from 'rxjs';
import { autoAck } from 'sluice';
import { GuardError, marbles, type MarbleExpectation, type MarbleKit, type Script } from 'sluice/testing';

function failure(test: (kit: MarbleKit) => void | Script): Error {
  try {
    marbles(test);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail');
}

describe('an expectation that never says what it expects', () => {
  it.each<[string, (kit: MarbleKit) => unknown]>([
    ['expectFate', ({ deliveries, expectFate }) => expectFate(deliveries('|'))],
    ['expectCredit', ({ deliveries, expectCredit }) => expectCredit(deliveries('|'))],
    ['expectWire', ({ flo, expectWire }) => expectWire(flo().wire)],
    ['expectRecording', ({ watch, expectRecording }) => expectRecording(watch(of('a')))],
  ])('fails the test: %s', (what, test) => {
    const error = failure((kit) => void test(kit));
    expect(error).toBeInstanceOf(GuardError);
    expect(error.message).toBe(
      `${what} expects nothing, since it has no .toBe('…'): the test would be the same without it`,
    );
    expect(error.stack?.split('\n').find((line) => line.startsWith('    at '))).toContain('unsaid.test.ts');
  });

  it('counts the others', () => {
    const error = failure(({ deliveries, expectFate, expectCredit }) => {
      expectFate(deliveries('|'));
      expectCredit(deliveries('|'));
      expectFate(deliveries('|'));
    });
    expect(error.message).toMatch(/^expectFate expects nothing.*, and 2 more like it:/);
  });

  it('has time until the run ends', () => {
    marbles(function* ({ deliveries, expectFate }) {
      const source = deliveries('a|');
      const fates = expectFate(source);
      source.pipe(autoAck()).subscribe();
      yield 5;
      fates.toBe('a|');
    });
  });
});

describe('an expectation that says it when the run is over', () => {
  it.each<[string, (kit: MarbleKit) => () => void]>([
    [
      'expectObservable',
      ({ expectObservable }) =>
        (
          (later) => () =>
            later.toBe('x')
        )(expectObservable(of('a'))),
    ],
    [
      'expectObservable',
      ({ expectObservable }) =>
        (
          (later) => () =>
            later.toEqual(of('x'))
        )(expectObservable(of('a'))),
    ],
    [
      'expectSubscriptions',
      ({ expectSubscriptions }) =>
        (
          (later) => () =>
            later.toBe('^!')
        )(expectSubscriptions([])),
    ],
  ])('is refused: %s', (what, begin) => {
    let later = (): void => {};
    marbles((kit) => {
      later = begin(kit);
    });
    expect(later).toThrow(GuardError);
    expect(later).toThrow(`${what}: its expectation is stated after the run`);
  });

  it('is refused, though the same was said in time before', () => {
    let fates: MarbleExpectation | undefined;
    marbles(({ deliveries, expectFate }) => {
      fates = expectFate(deliveries('|'));
      fates.toBe('');
    });
    expect(() => fates?.toBe('a')).toThrow('expectFate: its expectation is stated after the run');
  });
});

describe('the wrong thing', () => {
  it.each<[string, (kit: MarbleKit) => unknown, string]>([
    [
      'an Observable as a recording',
      ({ expectRecording }) => expectRecording(of('a') as never),
      'expectObservable(it), or expectRecording(watch(it))',
    ],
    ['a rig as a recording', ({ flo, expectRecording }) => expectRecording(flo() as never), 'expectWire(rig.wire)'],
    [
      'a stream as a recording',
      ({ deliveries, expectRecording }) => expectRecording(deliveries('|') as never),
      'expectFate(stream), or expectCredit(stream)',
    ],
    ['nothing as a recording', ({ expectRecording }) => expectRecording(undefined as never), 'got undefined'],
    ['a rig as a wire', ({ lance, expectWire }) => expectWire(lance() as never), 'expectWire(rig.wire)'],
    [
      'a watch as a wire',
      ({ watch, expectWire }) => expectWire(watch(of('a')) as never),
      'this is a recording, but not of a wire: expectRecording(it)',
    ],
    ['a text as a wire', ({ expectWire }) => expectWire('C' as never), "got 'C'"],
    [
      'a watch as an Observable',
      ({ watch, expectObservable }) => expectObservable(watch(of('a')) as never),
      'expectObservable: this is a recording: expectRecording(it)',
    ],
    ['nothing as an Observable', ({ watch }) => watch(undefined as never), 'watch: needs an Observable, got undefined'],
  ])('%s is refused, and the message says what is right', (_, test, message) => {
    const error = failure((kit) => void test(kit));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(message);
  });
});
