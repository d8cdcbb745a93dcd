import { connect } from 'node:net';
import { crc32 } from '@node-rs/crc32';
import { fetchRequest } from '../../src/codecs/lance/requests.js';
const FETCH=1<<20;
export interface Knobs { crc?: boolean; index?: boolean; pool?: boolean; chunk?: number; incCrc?: boolean; alloc?: 'slow'|'ab'; head?: number; exactIndex?: boolean; statOnly?: boolean }
function indexer(bytes: Uint8Array, start: number, end: number, hint: number) {
  let offsets = new Uint32Array(hint);
  let count = 0, at = start;
  while (end - at >= 5) {
    const length = (bytes[at+1]! | (bytes[at+2]!<<8) | (bytes[at+3]!<<16) | (bytes[at+4]!<<24))>>>0;
    const next = at+5+length;
    if (next > end) break;
    if (count === offsets.length) { const m=new Uint32Array(count*2); m.set(offsets); offsets=m; }
    offsets[count++]=at; at=next;
  }
  return { offsets, count, end: at };
}
export const make = (k: Knobs) => ({ run({ports,topic}: any, tally: any, failed: any) {
  const head = k.head ?? 65536;
  const stat = Buffer.alloc(65536);
  let pool: Buffer[] = []; 
  let buf: Buffer|undefined, filled=0, need=0, begun=false, carry: Uint8Array=new Uint8Array(0), hdr=Buffer.alloc(44), hn=0, crcWant=0, crcAt=0, crcNow=0, hint=16;
  let direct=false;
  const alloc=(n:number)=> k.pool && pool.length ? pool.pop()! : k.alloc==='ab' ? Buffer.from(new ArrayBuffer(n)) : Buffer.allocUnsafeSlow(n);
  const proceed=()=>{
    const b=buf!;
    if(!begun && filled-head>=16){begun=true; const next=b.readUInt32LE(head)+b.readUInt32LE(head+4)*2**32; socket.write(fetchRequest(topic.id,next,FETCH));}
    if(k.incCrc){ crcNow=crc32(b.subarray(crcAt,filled),crcNow); crcAt=filled; }
    if(filled<need) return;
    if(k.crc!==false && !k.incCrc) crcNow=crc32(b.subarray(head,need));
    if(k.crc!==false && crcNow!==crcWant) failed(new Error('crc'));
    const from=head+16-carry.length; b.set(carry,from);
    if(k.index!==false){ const r=indexer(b,from,need,hint); hint=r.count+(r.count>>3)+16; carry=b.subarray(r.end,need); tally.records+=r.count; }
    if(k.pool){ carry=Buffer.from(carry); pool.push(b);} 
    tally.bytes+=need-head-16; buf=undefined;
  };
  const socket=connect({host:'127.0.0.1',port:ports.lwp,noDelay:true,onread:{
    buffer:()=>{ direct = !k.statOnly && buf!==undefined && need-filled>=16384; return direct ? buf!.subarray(filled, k.chunk? Math.min(need,filled+k.chunk):need) : stat; },
    callback:(n)=>{
      if(direct){ filled+=n; proceed(); return true; }
      let at=0;
      while(at<n){
        if(!buf){ const t=Math.min(44-hn,n-at); stat.copy(hdr,hn,at,at+t); hn+=t; at+=t; if(hn<44) return true; hn=0; need=head+hdr.readUInt32LE(32); crcWant=hdr.readUInt32LE(36); buf=alloc(need); filled=head; crcAt=head; crcNow=0; begun=false; continue; }
        const t=Math.min(need-filled,n-at); stat.copy(buf,filled,at,at+t); filled+=t; at+=t; proceed();
      }
      return true;
    }}});
  socket.on('error',failed);
  socket.write(fetchRequest(topic.id,0,FETCH));
  return ()=>socket.destroy();
}});
