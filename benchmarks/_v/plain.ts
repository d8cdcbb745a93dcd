import { make } from './base.js'; export const program = make({});
