import { LanceClient } from '../../src/lance.js';
import { SluiceError } from '../../src/index.js';

/** What the constructor throws for such options. */
function refusal(options: object): SluiceError {
  try {
    new LanceClient(options);
  } catch (error) {
    if (error instanceof SluiceError) return error;
  }
  throw new Error('it was not refused');
}

it.each([
  ['token', { token: Buffer.from('sesame') }],
  ['token', { token: ['sesame'] }],
  ['LanceClient.tokens', { tokens: 'sesame' }],
  ['LanceClient.authToken', { authToken: 'sesame' }],
  ['LanceClient.password', { password: 'sesame' }],
  ['tls.passPhrase', { tls: { passPhrase: 'sesame' } }],
  ['tls.passphrase', { tls: { passphrase: ['sesame'] } }],
  ['tls.passphrase', { tls: { passphrase: 735_473 } }],
  ['tls.privateKey', { tls: { privateKey: 'sesame' } }],
  ['tls.ca', { tls: { ca: '-----BEGIN PRIVATE KEY-----\nsesame' } }],
  ['tls', { tls: { cert: 5, key: 'sesame' } }],
  ['tls', { tls: [{ key: 'sesame' }] }],
  ['tls.pfx', { tls: { pfx: Buffer.from('sesame') } }],
  ['tls.secureContext', { tls: { secureContext: { key: 'sesame' } } }],
  ['LanceClient.ssl', { ssl: { key: 'sesame' } }],
  ['LanceClient.client', { client: { tls: { passphrase: 'sesame' } } }],
])('a secret is not in the error about it: %s %#', (option, options) => {
  const { code, message, context } = refusal(options);
  expect([code, context['option']]).toEqual(['INVALID_OPTION', option]);
  expect(message + JSON.stringify(context)).not.toMatch(/sesame|115,101|735473/);
});
