import type { Fate, Outcome } from '../types.js';

/** The outcomes that need no more words. */
export const OUTCOMES: Readonly<Record<Fate, Outcome>> = {
  acked: { fate: 'acked' },
  nacked: { fate: 'nacked' },
  dead: { fate: 'dead' },
  abandoned: { fate: 'abandoned' },
};
