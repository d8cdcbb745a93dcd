import { StandaloneConfig } from '../../src/observables/lance/configs/standalone-config.js';
import type { PollResult } from '../../src/observables/lance/standalone/poll-result.js';
import { StandaloneConsumer } from '../../src/observables/lance/standalone/standalone-consumer.js';
import type { StandaloneOptions } from '../../src/observables/lance/standalone/standalone-options.js';
import type { LanceRig, Watch } from '../../src/testing.js';
import type { Observable } from 'rxjs';

/** A consumer of the topic `log` in virtual time; it is connected 40 ms later. */
export function consumerOf(
  { connector }: Pick<LanceRig, 'connector'>,
  options: Partial<StandaloneOptions> = {},
): Observable<StandaloneConsumer> {
  const config = new StandaloneConfig('reader', {
    topicName: 'log',
    connector: connector(),
    reconnect: { jitter: 'none' },
    ...options,
  });
  return StandaloneConsumer.connect('server:1992', config);
}

export const textsOf = (result: PollResult | undefined): string[] | undefined =>
  result?.records.map(({ value }) => Buffer.from(value).toString());

/** What was polled, as texts. */
export const polled = (watch: Watch<PollResult | undefined>): (string[] | undefined)[] => watch.values.map(textsOf);

/** Waits for a consumer. */
export function* connected(seen: Watch<StandaloneConsumer>): Generator<number, StandaloneConsumer> {
  yield 100;
  return seen.at(0);
}
