import { make } from './base.js'; export const program = make({chunk:65536});
