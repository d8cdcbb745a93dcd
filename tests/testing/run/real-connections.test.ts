import type { Observable } from 'rxjs';
import { FloClient } from 'sluice/flo';
import { LanceClient } from 'sluice/lance';
import { LightningStoreClient } from 'sluice/lightning';
import { GuardError, marbles } from 'sluice/testing';

/** What a test fails with that subscribes to this. */
function failure(use: () => void): unknown {
  try {
    marbles(use, { leaveOpen: true });
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a real connection inside virtual time ends the test, and names itself', () => {
  // Nothing listens on port 9 of this host.
  it.each([
    [
      'Lance',
      'TCP connection to 127.0.0.1:9',
      (): Observable<unknown> => new LanceClient({ host: '127.0.0.1', port: 9 }).ping(),
    ],
    ['Flo', 'TCP connection to 127.0.0.1:9', (): Observable<unknown> => new FloClient('127.0.0.1:9').ping()],
    [
      'Lightning',
      'HTTP request to http://127.0.0.1:9',
      (): Observable<unknown> => new LightningStoreClient('http://127.0.0.1:9').health(),
    ],
  ])('%s', (_, what, command) => {
    const error = failure(() => {
      command().subscribe({ error: () => {} });
    });
    expect(error).toBeInstanceOf(GuardError);
    expect((error as GuardError).message).toContain(`a real ${what} inside virtual time`);
  });

  it('outside of a test they are as they were', (done) => {
    new LanceClient({ host: '127.0.0.1', port: 9, reconnect: { maxAttempts: 0 } }).ping().subscribe({
      error: (error: unknown) => {
        expect(error).not.toBeInstanceOf(GuardError);
        done();
      },
    });
  });
});
