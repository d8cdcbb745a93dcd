import { retryBackoff, TimeoutError, work, type Delivery, type DeliveryStream } from 'sluice';
import { LanceServer } from 'sluice/embedded';
import { TopicNotFoundError, type RecordBatch } from 'sluice/lance';
import { marbles, type Recording } from 'sluice/testing';

export const lengths = (stream: DeliveryStream<RecordBatch>) =>
  stream.pipe(
    work((batch) => batch.length, { concurrency: 4 }),
    retryBackoff({ when: (error) => error instanceof TimeoutError || error instanceof TopicNotFoundError }),
  );

export const settle = (delivery: Delivery<string>): 'settled' | 'again' | 'stale' | 'observer' => delivery.ack();

// @ts-expect-error: a port is a number; were the types lost, this would pass and the expected error be missing.
export const server = new LanceServer({ port: '1992' });

export const nameOf = ({ name }: Recording): string => name;

marbles(({ deliveries, expectFate }) => {
  const source = deliveries('-a|', { a: 1 });
  source.pipe(work((value) => value * 2)).subscribe();
  expectFate(source).toBe('-a|');
  // @ts-expect-error: a diagram is a text.
  expectFate(source).toBe(1);
});
