import { InvalidArgumentError } from 'commander';

/** Reads a switch whose argument is an integer from 0 to `max`, in digits only. */
export function integerUpTo(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value <= max) return value;
    throw new InvalidArgumentError(`It must be an integer from 0 to ${max}`);
  };
}

/** Reads a switch that may be said several times, or with several arguments. */
export function several(text: string, before: readonly string[] | undefined): readonly string[] {
  if (text === '') throw new InvalidArgumentError('It must not be empty');
  return [...(before ?? []), text];
}
