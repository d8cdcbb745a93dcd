/** The form of tests/vectors/lance-recorded.json; its head explains it in words. */
export interface Recording {
  readonly count: number;
  readonly scenarios: readonly Scenario[];
}

export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly on?: string;
  readonly send?: readonly Frame[];
  readonly chunks?: readonly number[];
  readonly gapMs?: number;
  readonly recv?: readonly Frame[];
  readonly withinMs?: number;
  readonly silentMs?: number;
  readonly closedWithinMs?: number;
  readonly open?: string;
}

export type Frame = string | FrameForm;

export interface FrameForm extends Fragment {
  readonly capture?: readonly Place[];
  readonly mask?: readonly Range[];
  readonly fill?: { readonly byte: string; readonly count: number };
  readonly starts?: string;
  readonly ends?: string;
  readonly contains?: readonly (string | Fragment)[];
  readonly lacks?: readonly (string | Fragment)[];
}

export interface Fragment {
  readonly hex: string;
  readonly put?: readonly Place[];
}

export type Range = readonly [offset: number, length: number];

export interface Place {
  readonly at: Range;
  readonly var: string;
  readonly as: 'text' | 'u32' | 'u64' | 'dec';
  readonly add?: number;
}
