import { tcp } from '../../src/transports/tcp.js';
import { RequestSession } from '../../src/transports/lance/request-session.js';
import { FetchLoop } from '../../src/observables/lance/fetch-loop.js';
import { RecordBatch } from '../../src/codecs/lance/record-batch.js';
const batchToo = process.env.BATCH==='1';
export const program = { run({ports,topic}: any, tally: any, failed: any){
  let out=0;
  const loop: any = new FetchLoop(0, undefined, {maxFetchBytes:1<<20,maxRecordBytes:1<<24,depth:2}, { reserve(){ if(out>=4) return false; out++; return true;}, unreserve(){out--;}, fetched(b: any){ const v= batchToo? new RecordBatch(b.buffer,b.index.offsets,b.position,b.end): undefined; tally.bytes+=b.end-b.position; tally.records+=b.index.count; out--; }, alive(){}, catchingUp(){}, ended(){}, failed } as any);
  const s: any = new RequestSession(tcp({host:'127.0.0.1',port:ports.lwp}), 30000, { opened(){ loop.attach(s, topic.id); }, closed: failed });
  return ()=>s.close();
}};
