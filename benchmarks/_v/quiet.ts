import { startProcess } from '../harness/processes.js';
import { NoiseGate } from '../harness/gate.js';
const t1={name:'records-1024',id:1,recordBytes:1024},t2={name:'records-100',id:2,recordBytes:100};
const topics=process.env.T==='2'?[t2]:process.env.T==='1'?[t1]:[t1,t2];
const server=startProcess<any>({entry:'fake-server/main.ts',argument:{topics:[t1,t2],fetchBytes:1<<20},on:'server'});
const ports=await server.ask<any>({ask:'ports'});
const names=process.argv.slice(3); const N=+process.argv[2]!;
const cs=names.flatMap(n=>topics.map(t=>({n:n+' '+t.recordBytes,t,c:startProcess<any>({entry:'harness/client-process.ts',argument:{program:n.includes('/')?n:'_v/'+n+'.ts'},on:'client'}),r:[] as number[],u:[] as number[],g:[] as number[]})));
const raw={n:'raw',t:t1,c:startProcess<any>({entry:'harness/client-process.ts',argument:{program:'clients/raw-socket.ts'},on:'client'}),r:[] as number[],u:[] as number[],g:[] as number[]};
const all=[raw,...cs];
const pids=[server.pid,process.pid,...all.map(x=>x.c.pid)];
const gate=new NoiseGate({startBelow:.07,acceptBelow:.12,retries:6,patienceMs:20000},pids,performance.now()+ +(process.env.BUDGET??300000));
for(const x of all) await x.c.ask<any>({ask:'window',target:{ports,topic:x.t},timing:{settleMs:200,windowMs:1500},pids});
let good=0;
while(good<N && !gate.late){ const row:any[]=[]; let ok=true;
 for(const x of all){ const w=await gate.pass(()=>x.c.ask<any>({ask:'window',target:{ports,topic:x.t},timing:{settleMs:200,windowMs:400},pids})); if(!w.clean){ok=false;break;} row.push(w.figures);} 
 if(!ok) continue; good++; const rb=row[0].bytes/row[0].seconds; all.forEach((x,i)=>{x.r.push(row[i].bytes/row[i].seconds/rb);x.u.push((row[i].userUs+row[i].systemUs)/(row[i].bytes/1048576));x.g.push(row[i].bytes/row[i].seconds/1e9)}); }
const med=(a:number[])=>[...a].sort((p,q)=>p-q)[a.length>>1]??NaN;
console.log('rounds',good,'acc',gate.accepted,'rej',gate.rejected);
for(const x of all) console.log(x.n.padEnd(22),'ratio',med(x.r).toFixed(2),'['+Math.min(...x.r).toFixed(2)+'..'+Math.max(...x.r).toFixed(2)+']','GB/s',med(x.g).toFixed(2),'us/MiB',med(x.u).toFixed(0));
server.release();for(const x of all)x.c.release();
