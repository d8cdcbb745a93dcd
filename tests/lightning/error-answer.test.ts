import { errorOfAnswer } from '../../src/codecs/lightning/error-answer.js';
import { RolloutNotFoundError, StatusError, ValidationError } from '../../src/codecs/lightning/errors.js';

const errorOf = (status: number, body: unknown): StatusError => {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return errorOfAnswer('GET /x', status, bytes) as StatusError;
};

describe('what an error answer says', () => {
  it('in words, or in a list of fields', () => {
    expect(errorOf(404, { detail: 'Not Found' })).toMatchObject({ status: 404, message: 'GET /x: 404 Not Found' });
    const invalid = errorOf(422, {
      detail: [
        { type: 'missing', loc: ['body', 'rollouts', 0, 'input'], msg: 'Field required', input: { secret: 1 } },
        { type: 'x' },
        null,
      ],
    });
    expect(invalid).toBeInstanceOf(ValidationError);
    expect(invalid).toBeInstanceOf(StatusError);
    expect(invalid.detail).toBe('body.rollouts.0.input: Field required; ?: ?; ?: ?');
  });

  it.each<[unknown, string]>([
    ['', ''],
    ['<html>bad gateway</html>', '<html>bad gateway</html>'],
    [new Uint8Array([0xff, 0xfe]), ''],
    [null, 'null'],
    [[1], '[1]'],
    [{ detail: { deep: 1 } }, '{"detail":{"deep":1}}'],
    [`"${'x'.repeat(10_000)}"`, `"${'x'.repeat(499)}…`],
    [JSON.parse('{"__proto__": {"error_type": "ValueError"}}'), '{"__proto__":{"error_type":"ValueError"}}'],
  ])('whatever it is: %#', (body, detail) => {
    expect(errorOf(502, body)).toMatchObject({ status: 502, detail, errorType: undefined, retryable: true });
  });

  it('is the last line of a traceback, also where its message has several lines', () => {
    const answer = (traceback: unknown): object => ({ detail: 'Internal', error_type: 'ValueError', traceback });
    expect(errorOf(500, answer('Traceback:\n  File "/a.py"\nValueError: one\ntwo\n')).detail).toBe(
      'ValueError: one\ntwo',
    );
    expect(errorOf(500, answer('ValueError: only line')).detail).toBe('ValueError: only line');
    expect(errorOf(500, answer('something else')).detail).toBe('ValueError');
    expect(errorOf(500, answer(7)).detail).toBe('ValueError');
  });

  it('names a rollout whose id has quotes or line breaks', () => {
    const id = "it's\n'x' not found";
    const traceback = `ValueError: Rollout ${id} not found`;
    const error = errorOfAnswer('GET /x', 500, Buffer.from(JSON.stringify({ error_type: 'ValueError', traceback })));
    expect(error).toBeInstanceOf(RolloutNotFoundError);
    expect(error).toMatchObject({ rolloutIds: [id], retryable: false });
  });

  it.each([
    [400, false],
    [408, true],
    [422, false],
    [429, true],
    [500, true],
    [503, true],
  ])('%i: worth another try: %s', (status, retryable) => {
    expect(errorOf(status, {}).retryable).toBe(retryable);
  });
});
