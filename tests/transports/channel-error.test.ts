import { ChannelError } from '../../src/transports/channel-error.js';

describe('ChannelError', () => {
  it.each([
    ['ECONNREFUSED', true],
    ['ECONNRESET', true],
    ['ENOTFOUND', false],
  ])('%s: retryable %s', (code, retryable) => {
    const error = ChannelError.of('host:1992', { code, syscall: 'connect' });
    expect(error).toMatchObject({ retryable, message: `host:1992: connect ${code}`, context: { errno: code } });
  });
});
