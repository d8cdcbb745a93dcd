import { runConsume } from '/work/main/benchmarks/consume/run.js';
import { judge } from '/work/main/benchmarks/consume/verdict.js';
import { describe } from '/work/main/benchmarks/consume/table.js';
const t1={name:'records-1024',id:1,recordBytes:1024}, t2={name:'records-100',id:2,recordBytes:100};
const progs=process.argv.slice(3);
const entrants=[{name:'raw socket',program:'clients/raw-socket.ts',topic:t1,verified:false},
 ...progs.flatMap(p=>[{name:p+' 1K',program:p,topic:t1,verified:false},{name:p+' 100',program:p,topic:t2,verified:false}]),
 {name:'raw req',program:'clients/raw-requests.ts',topic:t1,verified:false}];
const effort={rounds:Number(process.argv[2]),warmUp:{settleMs:200,windowMs:1500},timing:{settleMs:250,windowMs:450},gate:{startBelow:.07,acceptBelow:.12,retries:4,patienceMs:5000},budgetMs:120000};
const run=await runConsume(entrants,effort,(t)=>process.env.V&&console.error(t), process.env.PROF?['--cpu-prof','--cpu-prof-dir='+process.env.PROF]:[]);
const report=judge(run.rounds,[],effort.rounds);
console.log(describe(entrants,new Map(),run,effort.rounds,report));
