import { onlyKnown } from '../foundation/known-options.js';
import { Window, type WindowLimits } from './delivery/core/window.js';

/** What a stream was given for its window, with the defaults filled in. */
export interface WindowPlan {
  readonly limits: WindowLimits;
  /** The shared one, or a new one for each session. */
  readonly window: () => Window;
}

/** @throws {@link InvalidOptionError} for what is no window, and for limits that a window does not have. */
export function windowPlan(given: Window | Partial<WindowLimits> = {}, defaults: WindowLimits): WindowPlan {
  if (given instanceof Window) return { limits: given.limits, window: () => given };
  const names = { deliveries: true, bytes: true } as const;
  const { deliveries = defaults.deliveries, bytes = defaults.bytes } = onlyKnown('window', given, names);
  const { limits } = new Window({ deliveries, bytes });
  return { limits, window: () => new Window(limits) };
}
