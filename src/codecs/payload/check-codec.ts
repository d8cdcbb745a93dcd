import { InvalidOptionError } from '../../foundation/errors.js';

/** Returns what was given for a codec if it is one, or nothing; the name of one and `json` without its `()` are refused. */
export function checkCodec<C>(option: string, codec: C): C {
  return codec === undefined ? codec : needCodec(option, codec);
}

/** The same where there must be one. */
export function needCodec<C>(option: string, codec: C): C {
  const isObject = typeof codec === 'object' && codec !== null;
  if (isObject && isMethod(codec, 'encode') && isMethod(codec, 'decode')) return codec;
  throw new InvalidOptionError(option, codec, 'must be a codec such as json()');
}

function isMethod(object: object, name: string): boolean {
  return typeof Reflect.get(object, name) === 'function';
}
