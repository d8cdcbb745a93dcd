import { keepaliveFrame } from '../../src/codecs/lance/frames.js';
import { fetchRequest, listTopicsRequest } from '../../src/codecs/lance/requests.js';
import { requestName } from '../../src/transports/lance/request-name.js';

describe('requestName', () => {
  it('is that of the command, or the kind of the frame', () => {
    const names = [fetchRequest(1, 'end', 1), listTopicsRequest(), keepaliveFrame()].map(requestName);
    expect(names).toEqual(['Fetch', 'ListTopics', 'a keepalive']);
  });
});
