import { connect } from 'node:net';
import { tcp } from '../../src/transports/tcp.js';
import { RequestSession } from '../../src/transports/lance/request-session.js';
import { FetchLoop } from '../../src/observables/lance/fetch-loop.js';
import { FrameReader } from '../../src/codecs/lance/frame-reader.js';
import { indexRecords } from '../../src/codecs/lance/index-records.js';
import { fetchRequest } from '../../src/codecs/lance/requests.js';
const mode = process.env.MODE ?? '';
function connector(port:number): any { 
  if(!mode.includes('rawsock')) return tcp({host:'127.0.0.1',port});
  return { address:'x', connect(ev:any){ const first=new Uint8Array(1024); let open=false; const socket=connect({host:'127.0.0.1',port,noDelay:true,onread:{buffer:()=>open?ev.target():first,callback:(n:number,b:any)=>{ if(b===first){ const t=ev.target(); t.set(first.subarray(0,n)); } ev.received(n);return true}}}); socket.on('error',()=>{}); socket.once('connect',()=>{open=true; ev.opened()}); return {write:(b:any)=>socket.write(b),close:()=>socket.destroy()} } };
}
export const program = { run({ports,topic}: any, tally: any, failed: any){
  if (mode.includes('ownloop')) {
    let carry: any=new Uint8Array(0); let s: any;
    const ex=(start:number)=>({request:fetchRequest(topic.id,start,1<<20),maxReplyBytes:(1<<20)+16,headroom:()=>Math.max(0,carry.length-16),
      begun(_h:any,b:any,at:number){ const next=b.readUInt32LE(at)+b.readUInt32LE(at+4)*2**32; s.send(ex(next)); },
      reply(_h:any,buffer:any,from:number,end:number){ const first=from+16-carry.length; buffer.set(carry,first); const i=indexRecords(buffer,first,end,1<<24); carry= mode.includes('nocarry')? new Uint8Array(0): mode.includes('from')? Buffer.from(buffer.subarray(i.end,end)) : Uint8Array.prototype.slice.call(buffer,i.end,end); tally.bytes+=i.end-first; tally.records+=i.count; }, failed});
    s=new RequestSession(connector(ports.lwp),30000,{opened(){ s.send(ex(0)); },closed:failed});
    return ()=>s.close();
  }
  let out=0;
  const loop: any = new FetchLoop(0, undefined, {maxFetchBytes:1<<20,maxRecordBytes:1<<24,depth:2}, { reserve(){ if(out>=4) return false; out++; return true;}, unreserve(){out--;}, fetched(b: any){ tally.bytes+=b.end-b.position; tally.records+=b.index.count; out--; }, alive(){}, catchingUp(){}, ended(){}, failed } as any);
  const s: any = new RequestSession(connector(ports.lwp), 30000, { opened(){ loop.attach(s, topic.id); }, closed: failed });
  return ()=>s.close();
}};
