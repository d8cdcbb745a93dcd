/** From how many bytes on, written and not yet gone, a channel's `write` returns false. */
export const HIGH_WATER_MARK = 64 * 1024;
