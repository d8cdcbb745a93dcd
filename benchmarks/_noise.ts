import { startProcess } from './harness/processes.js';
const t1={name:'records-1024',id:1,recordBytes:1024};
const server=startProcess<any>({entry:'fake-server/main.ts',argument:{topics:[t1],fetchBytes:1<<20},on:'server'});
const ports=await server.ask<any>({ask:'ports'});
const c=startProcess<any>({entry:'harness/client-process.ts',argument:{program:process.argv[2]},on:'client'});
const pids=[server.pid,c.pid,process.pid];
for(let i=0;i<Number(process.argv[3]);i++){const f=await c.ask<any>({ask:'window',target:{ports,topic:t1},timing:{settleMs:250,windowMs:450},pids});
console.log((f.bytes/f.seconds/1e9).toFixed(2),'GB/s',((f.userUs+f.systemUs)/(f.bytes/1048576)).toFixed(0),'us/MiB',f.userUs,f.systemUs,'foreign',f.foreign.toFixed(3),'own',f.own.map((x:number)=>x.toFixed(2)).join(' '));}
server.release();c.release();
