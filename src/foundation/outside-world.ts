/**
 * Whoever makes time virtual wants to know of connections to the real world: they take real time, which never passes
 * there. Nobody is told otherwise.
 */
export const outsideWorld: { entered: ((what: string) => void) | undefined } = { entered: undefined };
