import { config, Subject, takeUntil } from 'rxjs';
import { TopicNotFoundError } from '../../src/codecs/lance/errors.js';
import { eventually, finished, withServer } from './scene.js';

/** Gives records without end; its cleaning up fails. */
async function* untidy(): AsyncGenerator<string> {
  try {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      yield 'x';
    }
  } finally {
    await Promise.reject(new Error('untidy'));
  }
}

describe('an async source whose cleaning up is rejected', () => {
  const reported: unknown[] = [];
  const unhandled = (error: unknown): void => void reported.push(['a rejection', error]);
  beforeEach(() => {
    reported.length = 0;
    config.onUnhandledError = (error) => reported.push(error);
    process.on('unhandledRejection', unhandled);
  });
  afterEach(() => {
    config.onUnhandledError = null;
    process.off('unhandledRejection', unhandled);
  });

  it('after a batch was refused: the sink errors with the refusal, and the process goes on', async () => {
    await withServer(async ({ client }) => {
      const error = await finished(client.sink<string>('nowhere')(untidy())).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(TopicNotFoundError);
      await finished(client.listTopics());
      expect(reported).toEqual([]);
    });
  });

  it('after the sink was left: it is reported as RxJS reports errors that nobody waits for', async () => {
    await withServer(async ({ server, client }) => {
      server.createTopic('log');
      const left = new Subject<void>();
      client.sink<string>('log')(untidy()).pipe(takeUntil(left)).subscribe();
      await eventually(() => server.read('log').length > 0);
      left.next();
      await eventually(() => reported.length > 0);
      expect(reported).toEqual([new Error('untidy')]);
    });
  });

  it('after the client was closed: the sink errors with it, behind what was taken', async () => {
    await withServer(
      async ({ server, client }) => {
        server.createTopic('log');
        const ended = finished(client.sink<string>('log')(untidy())).catch((caught: unknown) => caught);
        await eventually(() => server.read('log').length > 0);
        await finished(client.close());
        expect(await ended).toEqual(new Error('untidy'));
        expect(reported).toEqual([]);
      },
      { ackDelayMs: 20 },
    );
  });
});
