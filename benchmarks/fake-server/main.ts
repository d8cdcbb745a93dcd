import { createServer, type AddressInfo, type Socket } from 'node:net';
import { serveQuestions } from '../harness/questions.js';
import { serveLwp } from './lwp-connection.js';
import type { ServerPlan, ServerPorts, ServerQuestion } from './messages.js';
import { serveFirehose, servePongs, serveRequests } from './raw-connections.js';
import { ServedTopic } from './served-topic.js';

// A process of its own that sends prepared bytes, checks nothing and stores nothing: it bounds the client, not Lance.
const plan = JSON.parse(process.argv[2] ?? '') as ServerPlan;
const topics = plan.topics.map((topic) => new ServedTopic(topic, plan.fetchBytes));

async function listen(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    // A client that leaves in the middle of a frame is no event here.
    socket.on('error', () => socket.destroy());
    serve(socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const ports: ServerPorts = {
  lwp: await listen((socket) => serveLwp(socket, topics)),
  firehose: await listen((socket) => serveFirehose(socket, topics, plan.fetchBytes)),
  request: await listen((socket) => serveRequests(socket, topics, plan.fetchBytes)),
  pong: await listen(servePongs),
};

function topicOf(id: number): ServedTopic {
  const topic = topics.find((one) => one.id === id);
  if (topic === undefined) throw new Error(`no topic ${id}`);
  return topic;
}

serveQuestions((question: ServerQuestion) => {
  switch (question.ask) {
    case 'ports':
      return ports;
    case 'sent':
      return topicOf(question.topic).sentBytes;
    case 'end':
      return topicOf(question.topic).end;
    case 'digest':
      return topicOf(question.topic).digest(question.records);
    case 'collect':
      return topicOf(question.topic).collect();
    case 'collected':
      return topicOf(question.topic).collected();
  }
});
