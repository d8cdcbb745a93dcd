import { map, Observable, of, throwError, delay, mergeMap } from 'rxjs';
import { createTopicRequest, deleteTopicRequest } from '../../src/codecs/lance/requests.js';
import { autoAck } from '../../src/observables/delivery/operators/auto-ack.js';
import { MemoryOffsetStore } from '../../src/observables/lance/stores/memory-offset-store.js';
import { StalePositionError } from '../../src/observables/lance/stores/stale-position-error.js';
import type { OffsetKey } from '../../src/observables/lance/stores/offset-store.js';
import { marbles, tlv } from '../../src/testing.js';
import { Wire } from '../../tests/embedded/wire.js';
import { textsIn } from './records.js';

const long = (letter: string): string => letter.repeat(95);

it('B1 carry is dropped when server is behind', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.append('log', long('a'));
    rig.server.append('log', tlv(long('b')).subarray(0, 50));
    const seen = watch(rig.client.consume('log').pipe(autoAck(), map(textsIn)));
    yield 200;
    rig.server.faults.trimTopic('log', 100);
    yield 200;
    rig.server.append('log', tlv(long('b')).subarray(50));
    rig.append('log', long('c'), long('d'));
    yield 6_000;
    expect(seen.values.flat()).toEqual([long('a'), long('c'), long('d')]);
    seen.unsubscribe();
  });
});

class Slow extends MemoryOffsetStore {
  log: string[] = [];
  constructor(private readonly saveMs: number, private readonly loadMs = 0) { super(); }
  override save(key: OffsetKey, offset: bigint) {
    this.log.push(`${key.topicId}:${offset}`);
    return of(undefined).pipe(delay(this.saveMs), mergeMap(() => super.save(key, offset)));
  }
  override load(key: OffsetKey) {
    return of(undefined).pipe(delay(this.loadMs), mergeMap(() => super.load(key)));
  }
}

it.each([0, 300])('B2 positions of the new topic are never stored as the old one (%i)', (saveMs) => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.append('log', 'a');
    const offsetStore = new Slow(saveMs);
    const stream = rig.client.consume('log', { name: 'reader', offsetStore, onTruncated: 'beginning', commitCount: 1 });
    const seen = watch(stream.pipe(autoAck(), map(textsIn)));
    yield 1_500;
    rig.append('log', 'b');
    yield 100;
    rig.stop();
    rig.start();
    new Wire(rig.server.connector()).send(deleteTopicRequest(1), createTopicRequest('log'));
    yield 30;
    rig.append('log', 'x', 'y', 'z');
    yield 3_000;
    expect(seen.values.flat()).toEqual(['a', 'b', 'x', 'y', 'z']);
    seen.unsubscribe();
    yield 1_000;
    console.log(offsetStore.log);
    let left: any;
    offsetStore.list().subscribe((l) => (left = l));
    expect(left).toMatchObject([{ topicId: 2, offset: 18n }]);
    expect(offsetStore.log.slice(offsetStore.log.findIndex((l) => l.startsWith('2'))).every((l) => l.startsWith('2'))).toBe(true);
  });
});

it('B3 stale position known to an earlier connection', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance({ latencyMs: 1 });
    rig.append('log', 'x');
    const offsetStore = new Slow(0, 300);
    MemoryOffsetStore.prototype.save.call(offsetStore, { consumer: 'reader', topicId: 7, topicName: 'log' }, 6n).subscribe();
    const stream = rig.client.consume('log', { name: 'reader', offsetStore, onTruncated: 'beginning' });
    const seen = watch(stream.pipe(autoAck(), map(textsIn)));
    yield 50;
    rig.server.faults.dropConnections();
    yield 3_000;
    expect(seen.error).toBeUndefined();
    expect(seen.values).toEqual([['x']]);
    expect(stream.metrics().truncations).toBe(1);
    seen.unsubscribe();
  });
});

it('B4 lag of a bounded read', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.append('log', ...'abcdef');
    const stream = rig.client.consume('log', { until: 'end', maxFetchBytes: 18 });
    const lag = watch(stream.lag$);
    const seen = watch(stream);
    yield 5_000;
    seen.at(0).ack();
    yield 5_000;
    seen.at(1).ack();
    yield 10;
    expect([lag.values, seen.ended]).toEqual([[36n, 18n, 0n], 'complete']);
    lag.unsubscribe();
  });
});

it('B4b drain: lag ends at what is settled', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.append('log', ...'abcdef');
    const stream = rig.client.consume('log', { maxFetchBytes: 18, window: { deliveries: 3 } });
    const lag = watch(stream.lag$);
    const seen = watch(stream);
    yield 5_000;
    const d = watch(stream.drain());
    yield 100;
    for (const each of seen.values) each.ack();
    yield 10;
    expect([lag.values, seen.ended, d.ended]).toEqual([[36n, 18n, 0n], "complete", "complete"]);
  });
});

it('B5 outcome of an abandoned attempt', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.append('log', 'a');
    const stream = rig.client.tail('log', { from: 'beginning' });
    const first = watch(stream);
    yield 100;
    const second = watch(stream);
    const delivery = first.at(0);
    first.unsubscribe();
    expect(delivery.signal.aborted).toBe(true);
    expect(delivery.ack()).toBe('stale');
    yield 150;
    expect(second.values.map(({ attempt }) => attempt)).toEqual([2]);
    const outcome = watch(delivery.outcome$);
    expect(outcome.values).toEqual([{ fate: 'abandoned' }]);
    expect(delivery.ack()).toBe('stale');
    second.unsubscribe();
  });
});

it('B6 status while waiting for a detour over a new connection', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance();
    rig.append('log', long('a'), long('b'));
    const stream = rig.client.consume('log', { onTruncated: 'beginning' });
    const seen = watch(stream);
    yield 200;
    rig.server.faults.trimTopic('log', 100);
    yield 16_000;
    const status = watch(stream.status$);
    expect(status.values.at(-1)).toMatchObject({ reasons: ['server'] });
    rig.server.faults.dropConnections();
    yield 2_000;
    expect(status.values.at(-1)).toMatchObject({ reasons: ['server'] });
    seen.at(0).ack();
    yield 200;
    expect(seen.values.map(({ value }) => textsIn(value))).toEqual([[long('a'), long('b')], [long('b')]]);
    status.unsubscribe();
    seen.unsubscribe();
  });
});

it('B8 lag with a server that cuts fetches at records', () => {
  marbles(function* ({ lance, watch }) {
    const rig = lance({ fetchAlign: 'record' });
    rig.append('log', ...'abcdefghijklmnopqrst');
    const stream = rig.client.consume('log', { maxFetchBytes: 15, window: { deliveries: 2 } });
    const lag = watch(stream.lag$);
    const seen = watch(stream);
    yield 3_000;
    expect(lag.values).toEqual([120n]);
    lag.unsubscribe();
    seen.unsubscribe();
  });
});
