import { startProcess } from './harness/processes.js'; import { verifyCase } from './consume/verify.js'; import { consumeCases } from './consume/cases.js';
const server=startProcess<any>({entry:'fake-server/main.ts',argument:{topics:consumeCases.map(c=>c.topic),fetchBytes:1<<20},on:'server'});
const ports=await server.ask<any>({ask:'ports'});
const c=startProcess<any>({entry:'harness/client-process.ts',argument:{program:'clients/lance-consume.ts'},on:'client'});
for(const k of consumeCases){ await verifyCase(server,{name:k.name,client:c,target:{ports,topic:k.topic}},k.topic.recordBytes); console.log('ok',k.name);
 for(let i=0;i<3;i++){const f=await c.ask<any>({ask:'window',target:{ports,topic:k.topic},timing:{settleMs:400,windowMs:450},pids:[server.pid,c.pid]}); console.log((f.bytes/f.seconds/1e9).toFixed(2),'GB/s',((f.userUs+f.systemUs)/(f.bytes/1048576)).toFixed(0),'us/MiB',f.foreign);} }
server.release();c.release();
