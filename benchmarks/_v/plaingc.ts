import { make } from './base.js'; const p = make({}); 
export const program = { run(a: any,b: any,c: any){ (globalThis as any).gc(); return p.run(a,b,c); } };
