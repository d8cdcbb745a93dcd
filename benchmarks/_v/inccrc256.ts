import { make } from './base.js'; export const program = make({incCrc:true,chunk:262144});
