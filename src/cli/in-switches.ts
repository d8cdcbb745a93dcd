import type { Option } from 'commander';
import { resolve } from 'node:path';
import { ListenError, StorageError } from '../embedded/errors.js';
import type { InvalidOptionError } from '../foundation/errors.js';

/** What the user has said, by the attributes of switches. */
export type Said = Readonly<Record<string, unknown>>;

/** Options of a server whose switches have other names, and the attributes of those. */
export type Renamed = Readonly<Record<string, string>>;

/** No such host, or none that this machine has. */
const ELSEWHERE = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL']);

/** What a server says of its options, as what is wrong with a switch: in the words with which bad arguments are refused. */
export function inSwitches(
  error: InvalidOptionError,
  switches: readonly Option[],
  renamed: Renamed,
  said: Said,
): string {
  const { option, rule } = error.context;
  const attribute = renamed[String(option)] ?? String(option);
  const found = switches.find((one) => one.attributeName() === attribute);
  if (found === undefined) return error.message;
  const argument = found.required ? ` argument '${String(said[attribute])}'` : '';
  return `option '${found.flags}'${argument} is invalid. It ${inWords(String(rule), switches)}`;
}

/** Why a server does not start, beginning with the switch that it comes from if there is one; otherwise undefined. */
export function startProblem(error: unknown, { dataDir, host }: Said): string | undefined {
  if (error instanceof StorageError && typeof dataDir === 'string' && error.message.startsWith(resolve(dataDir)))
    return `--data-dir ${dataDir}${error.message.slice(resolve(dataDir).length)}`;
  const errno = error instanceof ListenError ? String(error.context['errno']) : '';
  return ELSEWHERE.has(errno) ? `--host ${String(host)}: no name or address of this machine (${errno})` : undefined;
}

/** A rule that names other options names their switches. Names of one word may be meant as words. */
function inWords(rule: string, switches: readonly Option[]): string {
  const named = rule.replaceAll(
    /\b[a-z]+[A-Z]\w*/g,
    (name) => switches.find((one) => one.attributeName() === name)?.long ?? name,
  );
  return named.replace('a bigint', 'an integer');
}
