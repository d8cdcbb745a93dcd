/** Numbers of the operations in `v1-32` and `v2-table` (flo.md 4.1). */
export const Opcode = {
  Ping: 0x000,
  KvPut: 0x100,
  KvGet: 0x101,
  KvDelete: 0x103,
  QueueEnqueue: 0x170,
  QueueDequeue: 0x171,
  QueueAck: 0x172,
  QueueNack: 0x174,
  QueueDlqList: 0x176,
  QueueTouch: 0x17d,
} as const;
