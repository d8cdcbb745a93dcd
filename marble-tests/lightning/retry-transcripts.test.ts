import type { Observable } from 'rxjs';
import {
  ConnectionError,
  ContentTypeError,
  LightningError,
  ProtocolError,
  StatusError,
} from '../../src/codecs/lightning/errors.js';
import type { LightningStoreClient } from '../../src/observables/lightning/lightning-store-client.js';
import { lightningPeer, marbles, type LightningPeer, type StoreAnswer } from '../../src/testing.js';
import { requestsTo } from './rollouts.js';
import { translated, vectors, type RecordedRetries } from './vectors.js';

const HEALTHY = { status: 'ok' };

/** The answers that the recording names in words; a good answer is what the call returned. */
function scripted(answer: number | string | undefined, good: unknown): StoreAnswer {
  switch (answer) {
    case undefined:
      return 'refused';
    case 200:
    case 201:
      return { status: answer, body: good };
    case '200 text/html':
      return { status: 200, contentType: 'text/html', body: '<p>' };
    case '200 broken JSON':
      return { status: 200, body: '{"worker_id": ' };
    case '200 after 1 s':
      return { status: 200, body: good, afterMs: 1000 };
    default:
      return { status: Number(answer), body: Number(answer) < 400 ? '' : { detail: 'scripted' } };
  }
}

/** Where ours tells what the official client hides (lightning.md 5.4): the error that it hid. */
const TOLD: Readonly<Record<string, number>> = {
  'get_rollout_by_id hides the final failure': 500,
  'get_latest_attempt hides a 404 at once': 404,
  'get_resources_by_id hides the final failure': 500,
  'get_latest_resources hides the final failure': 500,
  'dequeue_rollout: one attempt, no probe, null': 500,
  'dequeue_many_rollouts: one attempt, no probe, empty': 503,
};

function call(client: LightningStoreClient, { method, args }: RecordedRetries['call']): Observable<unknown> {
  const [first] = args;
  switch (method) {
    case 'get_worker_by_id':
      return client.getWorkerById(String(first));
    case 'get_rollout_by_id':
      return client.getRolloutById(String(first));
    case 'get_latest_attempt':
      return client.getLatestAttempt(String(first));
    case 'get_resources_by_id':
      return client.getResourcesById(String(first));
    case 'get_latest_resources':
      return client.getLatestResources();
    case 'dequeue_rollout':
      return client.dequeueRollout();
    case 'dequeue_many_rollouts':
      return client.dequeueManyRollouts();
    case 'enqueue_rollout':
      return client.enqueueRollout({ input: first });
    case 'statistics':
      return client.statistics();
    default:
      throw new Error(`no call for ${method}`);
  }
}

describe('the rules of retrying (lightning.md 5.2), as recorded', () => {
  it('are all here', () => {
    expect(vectors.client_retries).toHaveLength(25);
    const titles = new Set(vectors.client_retries.map(({ title }) => title));
    expect(Object.keys(TOLD).filter((title) => !titles.has(title))).toEqual([]);
  });

  it.each(vectors.client_retries.map((recorded) => [recorded.title, recorded] as const))('%s', (title, recorded) => {
    marbles(({ flush, watch }) => {
      const { transcript, returns, raises } = recorded;
      const good = recorded.call.method === 'enqueue_rollout' ? [returns] : returns;
      let answers = 0;
      const peer = lightningPeer(
        ({ name }) => scripted(transcript[answers++]?.answer, name === 'health' ? HEALTHY : good),
        { latencyMs: 0 },
      );
      const { retry_delays, health_retry_delays, request_timeout = 30 } = recorded.client;
      const client = peer.newClient({
        retryDelaysMs: retry_delays.map((delay) => delay * 1000),
        healthRetryDelaysMs: health_retry_delays.map((delay) => delay * 1000),
        requestTimeoutMs: request_timeout * 1000,
      });
      const seen = watch(call(client, recorded.call));
      flush();

      if (transcript.length > 0) {
        expect(requestsTo(peer)).toEqual(transcript.map(({ request }) => request));
        // Recorded times are some milliseconds late.
        for (const [index, { t }] of transcript.entries()) {
          expect(Math.abs(peer.asked[index]!.atMs - t * 1000)).toBeLessThanOrEqual(25);
        }
      }
      const status = raises?.status ?? TOLD[title];
      if (status !== undefined) {
        expect(seen.error).toBeInstanceOf(StatusError);
        expect(seen.error).toMatchObject({ status, detail: 'scripted', context: { request: expect.any(String) } });
      } else if (raises === undefined) {
        expect(seen.values).toEqual([translated(returns)]);
        expect(seen.ended).toBe('complete');
      } else {
        expect(seen.error).toBeInstanceOf(raises.type === 'JSONDecodeError' ? ProtocolError : ConnectionError);
      }
    });
  });

  it('a refused connection: one attempt, then probes until the pauses are used up', () => {
    marbles(({ expectWire, flush, watch }) => {
      const { client, wire } = lightningPeer(() => 'refused');
      const seen = watch(client.statistics());
      expectWire(wire).toBe('Y 19ms (xH) 16ms x 99ms H 19ms x 199ms H 19ms x 499ms H 19ms x');
      flush();
      expect(seen.endedAtMs).toBe(900);
      expect(seen.error).toMatchObject({
        code: 'LIGHTNING_CONNECTION',
        retryable: true,
        context: { errno: 'ECONNREFUSED', address: 'http://memory' },
      });
    });
  });
});

describe('beyond the recordings', () => {
  const after = (answer: StoreAnswer): LightningPeer =>
    lightningPeer(({ name }) => (name === 'health' ? { status: 200, body: HEALTHY } : answer));
  const serverError = (message: string): StoreAnswer => ({
    status: 500,
    body: {
      detail: 'Internal server error',
      error_type: message.split(':')[0],
      traceback: `Traceback (most recent call last):\n  File "/srv/secret.py", line 1, in f\n${message}\n`,
    },
  });

  it('an answer that is cut off is final, and says so', () => {
    marbles(({ expectWire, flush, watch }) => {
      const { client, wire } = after('cut off');
      const seen = watch(client.statistics());
      expectWire(wire).toBe('Y 19ms x');
      flush();
      expect(seen.error).toMatchObject({ code: 'LIGHTNING_CONNECTION', cause: { code: 'HTTP_ANSWER_CUT_OFF' } });
    });
  });

  it('silence ends with the time of each exchange, probes too', () => {
    marbles(({ expectWire, flush, watch }) => {
      const { client, wire } = lightningPeer(() => 'silent', {
        client: { requestTimeoutMs: 1000, healthRetryDelaysMs: [50] },
      });
      const seen = watch(client.statistics());
      expectWire(wire).toBe('Y 999ms (XH) 996ms X 49ms H 999ms X');
      flush();
      expect(seen.error).toMatchObject({ code: 'LIGHTNING_TIMEOUT', context: { timeoutMs: 1000 } });
      expect(seen.endedAtMs).toBe(3050);
    });
  });

  it('what will always be refused is not tried again', () => {
    const refusals: readonly (readonly [string, object])[] = [
      ['ValueError: Rollout ro-x not found', { code: 'LIGHTNING_ROLLOUT_NOT_FOUND', rolloutIds: ['ro-x'] }],
      [
        "ValueError: Item does not exist with primary key(s): rollout_id='ro-x'",
        { code: 'LIGHTNING_ROLLOUT_NOT_FOUND', rolloutIds: ['ro-x'] },
      ],
      ['ValueError: No attempts found for rollout ro-x', { code: 'LIGHTNING_ATTEMPT_NOT_FOUND', status: 500 }],
      ['ValueError: Attempt at-1 not found for rollout ro-x', { code: 'LIGHTNING_ATTEMPT_NOT_FOUND' }],
      ['RuntimeError: Spans for rollout ro-x have been evicted', { code: 'LIGHTNING_SPANS_EVICTED' }],
    ];
    for (const [message, expected] of refusals) {
      marbles(({ expectWire, flush, watch }) => {
        const { client, wire } = after(serverError(message));
        const seen = watch(client.updateAttempt('ro-x', 'latest', { status: 'failed' }));
        expectWire(wire).toBe('V 19ms f', { V: { name: 'updateAttempt', params: ['ro-x', 'latest'] } });
        flush();
        expect(seen.error).toMatchObject({ ...expected, retryable: false });
        expect(String(seen.error)).not.toContain('secret.py');
      });
    }
  });

  it('an error of the store that may pass is tried again, and tells its last words', () => {
    marbles(({ expectWire, flush, watch }) => {
      const { client, wire } = after(serverError('ValueError: something else'));
      const seen = watch(client.statistics());
      expectWire(wire).toBe(
        'Y 19ms (fH) 16ms h 999ms Y 19ms (fH) 16ms h 1999ms Y 19ms (fH) 16ms h 4999ms Y 19ms (fH) 16ms h',
      );
      flush();
      expect(seen.ended).toBe('error');
      expect(seen.error).toMatchObject({
        status: 500,
        errorType: 'ValueError',
        detail: 'ValueError: something else',
        message: 'GET /v1/agl/statistics: 500 ValueError: something else',
        retryable: true,
      });
    });
  });

  it('getRolloutById of an unknown rollout: undefined, at once', () => {
    marbles(({ expectWire, flush, watch }) => {
      const { client, wire } = after(serverError('ResponseValidationError: 2 errors'));
      const seen = watch(client.getRolloutById('nope'));
      expectWire(wire).toBe('G 19ms f');
      flush();
      expect(seen).toMatchObject({ values: [undefined], ended: 'complete', endedAtMs: 20 });
    });
  });

  it('redirects are not followed', () => {
    marbles(({ expectWire, flush, watch }) => {
      const { client, wire } = after({ status: 307, body: '' });
      const seen = watch(client.statistics());
      expectWire(wire).toBe('Y 19ms y', { y: { name: 'statistics answered', status: 307 } });
      flush();
      expect(seen.error).toMatchObject({ status: 307, retryable: false });
    });
  });

  it('dequeueing is never tried again, whatever happens', () => {
    const failures: readonly StoreAnswer[] = [
      { status: 500, body: '' },
      { status: 408, body: '' },
      { status: 200, contentType: 'text/html', body: '' },
      'refused',
      'cut off',
      'silent',
    ];
    for (const failure of failures) {
      marbles(({ expectWire, flush, watch }) => {
        const { client, wire } = lightningPeer(() => failure);
        const seen = watch(client.dequeueRollout());
        expectWire(wire.sent.only('D', 'H')).toBe('D');
        flush();
        expect(seen.error).toBeInstanceOf(LightningError);
      });
    }
  });

  it('an answer of the wrong form is an error of the protocol, and final', () => {
    const bodies: readonly unknown[] = [null, [], 'x', 1, { rollout_id: 1 }, { rollout_id: 'r', start_time: null }];
    for (const body of bodies) {
      marbles(({ expectWire, flush, watch }) => {
        const { client, wire } = after({ status: 200, body: JSON.stringify(body) });
        const seen = watch(client.updateRollout('r', {}));
        expectWire(wire).toBe('U 19ms u');
        flush();
        expect(seen.error).toBeInstanceOf(ProtocolError);
        expect(seen.error).not.toBeInstanceOf(ContentTypeError);
      });
    }
  });
});
