/** Where bytes are cut: each number is how many of them lie before the cut, growing. */
export type Cuts = readonly number[];

/** Every way to cut `length` bytes once. */
export function* singleCuts(length: number): Generator<Cuts> {
  for (let at = 1; at < length; at++) yield [at];
}

/**
 * Ways to cut `length` bytes twice, at most `most`: those with a short piece in the middle first, as it is there that
 * a decoder must hold on to two beginnings at once.
 */
export function* pairsOfCuts(length: number, most: number): Generator<Cuts> {
  let left = most;
  for (let width = 1; width < length; width++) {
    for (let at = 1; at + width < length; at++) {
      if (left-- <= 0) return;
      yield [at, at + width];
    }
  }
}

/** Between any two bytes. */
export function allCuts(length: number): Cuts {
  return Array.from({ length: Math.max(0, length - 1) }, (_, at) => at + 1);
}

/** As few of the cuts as still fail, found by leaving out ever smaller runs of them. */
export function fewest(cuts: Cuts, fails: (cuts: Cuts) => boolean): Cuts {
  let kept = cuts;
  for (let run = Math.ceil(kept.length / 2); run >= 1; run = run === 1 ? 0 : Math.ceil(run / 2)) {
    for (let at = 0; at < kept.length;) {
      const fewer = kept.toSpliced(at, run);
      if (fewer.length > 0 && fails(fewer)) kept = fewer;
      else at += run;
    }
  }
  return kept;
}
