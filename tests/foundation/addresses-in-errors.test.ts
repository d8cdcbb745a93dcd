import { inspect } from 'node:util';
import { InvalidOptionError } from '../../src/foundation/errors.js';
import { FloClient } from '../../src/flo.js';
import { LanceClient, Producer } from '../../src/lance.js';
import { LightningStoreClient } from '../../src/lightning.js';

/** What an address was refused with. */
function refusal(call: () => unknown): InvalidOptionError {
  try {
    call();
  } catch (error) {
    if (error instanceof InvalidOptionError) return error;
  }
  throw new Error('it was not refused');
}

const store = (address: string) => () => new LightningStoreClient(address);
const flo = (endpoint: string) => () => new FloClient(endpoint);

it.each<[string, () => unknown]>([
  ['a URL with a password', store('http://user:s3cret@127.0.0.1:4747')],
  ['a URL with a password alone', store('https://:s3cret@example.org')],
  ['a URL with a token for a name', store('https://s3cret@example.org')],
  ['a URL with a token in its query', store('http://127.0.0.1:4747/?a=1&access_token=s3cret&b=2')],
  ['a URL with a key behind a #', store('http://127.0.0.1:4747/#key=s3cret')],
  ['a URL of another scheme', store('ftp://user:s3cret@example.org')],
  ['a URL that is none', store('http://user:s3cret@127.0.0.1:4747:33')],
  ['a password with an @ in it', store('http://user:o@s3cret@example.org')],
  ['an endpoint with a password', flo('flo://user:s3cret@127.0.0.1:9000')],
  ['one without a scheme', flo('user:s3cret@example.org:9000')],
  ['one of another scheme', flo('wss://user:s3cret@example.org')],
  ['the address of a producer', () => Producer.connect('lance://user:s3cret@127.0.0.1:1992')],
  ['a host', () => new LanceClient({ host: 'user:s3cret@127.0.0.1' })],
  ['one in an option that there is not', () => new LanceClient({ servers: ['lance://user:s3cret@h'] } as object)],
  ['a very long one', store(`ftp://${'u'.repeat(100)}:s3cret@example.org`)],
])('an error shows no credentials: %s', (_, call) => {
  const error = refusal(call);
  expect(inspect(error, { depth: Infinity })).not.toContain('s3cret');
  expect(JSON.stringify(error)).not.toContain('s3cret');
  expect(inspect(error, { depth: Infinity })).toContain('(hidden)');
});

it('shows where it was to go', () => {
  expect(refusal(store('http://user:s3cret@127.0.0.1:4747')).message).toBe(
    'serverAddress: must have no credentials: the store knows none, got "http://(hidden)@127.0.0.1:4747"',
  );
  expect(refusal(store('http://h/?a=1&token=s3cret&b=2')).message).toContain('got "http://h/?a=1&token=(hidden)&b=2"');
});

it.each(['http://example.org', 'a@b', 'name: value', '10:30', 'path/with@sign', '?tokens', ''])(
  'leaves a text without credentials as it is: %j',
  (text) => {
    expect(new InvalidOptionError('option', text, 'must be right').message).toContain(`got ${JSON.stringify(text)}`);
  },
);
