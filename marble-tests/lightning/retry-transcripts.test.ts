import type { Observable } from 'rxjs';
import {
  ConnectionError,
  ContentTypeError,
  LightningError,
  ProtocolError,
  StatusError,
} from '../../src/codecs/lightning/errors.js';
import { LightningStoreClient } from '../../src/observables/lightning/lightning-store-client.js';
import { marbles, Watch } from '../lance/scene.js';
import { ScriptedRequester, type Scripted } from './scripted-requester.js';
import { translated, vectors, type RecordedRetries } from './vectors.js';

const HEALTHY = { status: 'ok' };

/** The answers that the recording names in words; a good answer is what the call returned. */
function scripted(answer: number | string | undefined, good: unknown): Scripted {
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
    marbles(({ flush }) => {
      const { transcript, returns, raises } = recorded;
      const good = recorded.call.method === 'enqueue_rollout' ? [returns] : returns;
      let answers = 0;
      const requester = new ScriptedRequester(({ name }) => {
        const step = transcript[answers++];
        if (step !== undefined && step.request !== name) throw new Error(`${step.request} expected, not ${name}`);
        return scripted(step?.answer, name === 'GET /v1/agl/health' ? HEALTHY : good);
      });
      const { retry_delays, health_retry_delays, request_timeout = 30 } = recorded.client;
      const client = new LightningStoreClient('http://store:4747', {
        requester,
        retryDelaysMs: retry_delays.map((delay) => delay * 1000),
        healthRetryDelaysMs: health_retry_delays.map((delay) => delay * 1000),
        requestTimeoutMs: request_timeout * 1000,
      });
      const seen = new Watch(call(client, recorded.call));
      flush();

      if (transcript.length > 0) {
        expect(requester.names).toEqual(transcript.map(({ request }) => request));
        // Recorded times are some milliseconds late.
        for (const [index, { t }] of transcript.entries()) {
          expect(Math.abs(requester.asked[index]!.atMs - t * 1000)).toBeLessThanOrEqual(25);
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
    marbles(({ flush }) => {
      const requester = new ScriptedRequester(() => 'refused');
      const client = new LightningStoreClient('http://store', { requester });
      const seen = new Watch(client.statistics());
      flush();
      const health = 'GET /v1/agl/health';
      expect(requester.names).toEqual(['GET /v1/agl/statistics', health, health, health, health]);
      expect(requester.asked.map(({ atMs }) => atMs)).toEqual([0, 0, 100, 300, 800]);
      expect(seen.endedAtMs).toBe(800);
      expect(seen.error).toMatchObject({
        code: 'LIGHTNING_CONNECTION',
        retryable: true,
        context: { errno: 'ECONNREFUSED', address: 'http://scripted' },
      });
    });
  });
});

describe('beyond the recordings', () => {
  const after = (script: ConstructorParameters<typeof ScriptedRequester>[0]) => {
    const requester = new ScriptedRequester((asked) =>
      asked.name.endsWith('/health') ? { status: 200, body: HEALTHY } : script(asked),
    );
    return { requester, client: new LightningStoreClient('http://store', { requester }) };
  };
  const serverError = (message: string): Scripted => ({
    status: 500,
    body: {
      detail: 'Internal server error',
      error_type: message.split(':')[0],
      traceback: `Traceback (most recent call last):\n  File "/srv/secret.py", line 1, in f\n${message}\n`,
    },
  });

  it('an answer that is cut off is final, and says so', () => {
    marbles(({ flush }) => {
      const { requester, client } = after(() => 'cut off');
      const seen = new Watch(client.statistics());
      flush();
      expect(requester.names).toEqual(['GET /v1/agl/statistics']);
      expect(seen.error).toMatchObject({ code: 'LIGHTNING_CONNECTION', cause: { code: 'HTTP_ANSWER_CUT_OFF' } });
    });
  });

  it('silence ends with the time of each exchange, probes too', () => {
    marbles(({ flush }) => {
      const requester = new ScriptedRequester(() => 'silent');
      const client = new LightningStoreClient('http://store', {
        requester,
        requestTimeoutMs: 1000,
        healthRetryDelaysMs: [50],
      });
      const seen = new Watch(client.statistics());
      flush();
      expect(requester.asked.map(({ atMs }) => atMs)).toEqual([0, 1000, 2050]);
      expect(requester.calledOff).toEqual(requester.names);
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
      marbles(({ flush }) => {
        const { requester, client } = after(() => serverError(message));
        const seen = new Watch(client.updateAttempt('ro-x', 'latest', { status: 'failed' }));
        flush();
        expect(requester.names).toEqual(['POST /v1/agl/rollouts/ro-x/attempts/latest']);
        expect(seen.error).toMatchObject({ ...expected, retryable: false });
        expect(String(seen.error)).not.toContain('secret.py');
      });
    }
  });

  it('an error of the store that may pass is tried again, and tells its last words', () => {
    marbles(({ flush }) => {
      const { requester, client } = after(() => serverError('ValueError: something else'));
      const seen = new Watch(client.statistics());
      flush();
      expect(requester.asked.filter(({ name }) => name.endsWith('statistics'))).toHaveLength(4);
      expect(seen.endedAtMs).toBe(8000);
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
    marbles(({ flush }) => {
      const { requester, client } = after(() => serverError('ResponseValidationError: 2 errors'));
      const seen = new Watch(client.getRolloutById('nope'));
      flush();
      expect(seen).toMatchObject({ values: [undefined], ended: 'complete', endedAtMs: 0 });
      expect(requester.asked).toHaveLength(1);
    });
  });

  it('redirects are not followed', () => {
    marbles(({ flush }) => {
      const { requester, client } = after(() => ({ status: 307, body: '' }));
      const seen = new Watch(client.statistics());
      flush();
      expect(requester.asked).toHaveLength(1);
      expect(seen.error).toMatchObject({ status: 307, retryable: false });
    });
  });

  it('dequeueing is never tried again, whatever happens', () => {
    const failures: readonly Scripted[] = [
      { status: 500, body: '' },
      { status: 408, body: '' },
      { status: 200, contentType: 'text/html', body: '' },
      'refused',
      'cut off',
      'silent',
    ];
    for (const failure of failures) {
      marbles(({ flush }) => {
        const requester = new ScriptedRequester(() => failure);
        const seen = new Watch(new LightningStoreClient('http://store', { requester }).dequeueRollout());
        flush();
        expect(requester.names).toEqual(['POST /v1/agl/queues/rollouts/dequeue']);
        expect(seen.error).toBeInstanceOf(LightningError);
      });
    }
  });

  it('an answer of the wrong form is an error of the protocol, and final', () => {
    const bodies: readonly unknown[] = [null, [], 'x', 1, { rollout_id: 1 }, { rollout_id: 'r', start_time: null }];
    for (const body of bodies) {
      marbles(({ flush }) => {
        const { requester, client } = after(() => ({ status: 200, body: JSON.stringify(body) }));
        const seen = new Watch(client.updateRollout('r', {}));
        flush();
        expect(requester.asked).toHaveLength(1);
        expect(seen.error).toBeInstanceOf(ProtocolError);
        expect(seen.error).not.toBeInstanceOf(ContentTypeError);
      });
    }
  });
});
