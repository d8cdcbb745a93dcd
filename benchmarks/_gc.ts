import { startProcess } from './harness/processes.js'; import { consumeCases } from './consume/cases.js';
const [prog,which,ms,...opts]=process.argv.slice(2); const k=consumeCases[+which!]!;
const server=startProcess<any>({entry:'fake-server/main.ts',argument:{topics:[k.topic],fetchBytes:1<<20},on:'server'});
const ports=await server.ask<any>({ask:'ports'});
const c=startProcess<any>({entry:'harness/client-process.ts',argument:{program:prog},on:'client',nodeOptions:opts});
for(let i=0;i<3;i++){
const f=await c.ask<any>({ask:'window',target:{ports,topic:k.topic},timing:{settleMs:500,windowMs:+ms!},pids:[server.pid,c.pid]}); console.log((f.bytes/f.seconds/1e9).toFixed(2),'GB/s',((f.userUs+f.systemUs)/(f.bytes/1048576)).toFixed(0),'us/MiB user',(f.userUs/f.bytes*1048576).toFixed(0),'foreign',f.foreign.toFixed(2),'own',f.own.map((x:number)=>x.toFixed(2)).join(' '), 'MiB',(f.bytes/1048576).toFixed(0));}
server.release();c.release();
