import { StatusError } from '../../src/codecs/lightning/errors.js';
import { lightningPeer, marbles } from '../../src/testing.js';
import { replay } from './recorded-calls.js';
import { translated, vectors } from './vectors.js';

/** What our client does otherwise, or not at all yet; each is told in its docstrings. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'query_rollouts, deprecated names': 'only the new names',
  'update_attempt, metadata None is a 400': 'not typed as possible: null is refused by every server',
  'add_otel_span: next id, then one POST': 'not yet',
  'add_otel_span with explicit sequence id (root span, no status, no events)': 'not yet',
  wait_for_rollouts: 'a stream of polls, see wait-for-rollouts.test.ts',
  'wait_for_rollouts, timeout too long: local error, no request': 'as above',
  'wait_for_rollouts, exactly 0.1 is allowed': 'as above',
  'wait_for_rollouts without timeout': 'as above',
  'ids are percent-encoded by the HTTP library only where needed': 'ids are always encoded, see commands.test.ts',
};

/**
 * Bodies that the official client sends incompletely: it forgets the page of workers, and leaves the order of attempts
 * and spans to the server, which has the same default.
 */
const COMPLETED: Readonly<Record<string, object>> = {
  'query_workers, defaults': { limit: -1, offset: 0 },
  'query_workers: limit and offset are never sent': { limit: 1, offset: 1 },
  'query_attempts, unsorted: sort keys omitted': { sort_by: 'sequence_id', sort_order: 'asc' },
  'query_spans, unsorted is impossible: sort keys omitted, server default applies': {
    sort_by: 'sequence_id',
    sort_order: 'asc',
  },
};

describe('requests and answers, as recorded with the official client', () => {
  const calls = vectors.client_calls.filter(({ title }) => LEFT_OUT[title] === undefined);

  it('are nearly all here', () => {
    expect(calls).toHaveLength(56 - Object.keys(LEFT_OUT).length);
    expect(calls).toHaveLength(47);
  });

  it.each(calls.map((recorded) => [recorded.title, recorded] as const))('%s', (title, recorded) => {
    marbles(({ flush, watch }) => {
      const { http, returns, raises } = recorded;
      let exchange = 0;
      const { asked, client } = lightningPeer(() => http[exchange++]!.response);
      const seen = watch(replay(client, recorded));
      flush();

      expect(asked).toHaveLength(http.length);
      for (const [index, { request }] of http.entries()) {
        const { method, path, body, request: sent } = asked[index]!;
        const [way, parameters = ''] = path.split('?');
        expect(`${method} ${way}`).toBe(`${request.method} ${request.path}`);
        expect(Object.fromEntries(new URLSearchParams(parameters))).toEqual(
          Object.fromEntries(new URLSearchParams(request.query_string)),
        );
        const expected =
          COMPLETED[title] === undefined ? request.body : { ...(request.body as object), ...COMPLETED[title] };
        expect(body).toEqual(expected ?? {});
        const hasBody = Object.hasOwn(request, 'body');
        expect(sent.body !== undefined).toBe(hasBody);
        expect(sent.headers).toEqual(hasBody ? { 'content-type': 'application/json' } : undefined);
      }
      if (raises !== undefined) {
        expect(seen.error).toBeInstanceOf(StatusError);
      } else {
        expect(seen.values).toEqual([translated(returns)]);
        expect(seen.ended).toBe('complete');
      }
    });
  });
});
