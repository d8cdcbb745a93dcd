"""The official Python client as a client of the benchmarks: a question per line of stdin, an answer per line of stdout.

It is used as its documentation shows: a `StandaloneConsumer` that is polled, a `Producer` with default options.
"""

import asyncio
import itertools
import json
import logging
import os
import sys
import time
import traceback
import zlib

from lnc_client import Producer, StandaloneConfig, StandaloneConsumer, TlvRecord

TICKS = 100
POOL_BYTES = 1 << 20
TLV_HEADER_BYTES = 5


class Digest:
    def __init__(self):
        self.records = self.bytes = self.sum = 0

    def add(self, record_type, value):
        self.records += 1
        self.bytes += len(value)
        self.sum = (self.sum * 31 + record_type + zlib.crc32(value)) & 0xFFFFFFFF

    def as_json(self):
        return {"records": self.records, "bytes": self.bytes, "sum": self.sum}


class Tally:
    def __init__(self):
        self.bytes = self.records = 0
        self.latencies_us = []
        self.over = False


def sample_cpu(pids):
    """CPU ticks: of the whole machine without idle time, and of each process."""
    try:
        with open("/proc/stat") as file:
            user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
        each = []
        for pid in pids:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(") ")[2].split(" ")
            each.append(int(fields[11]) + int(fields[12]))
        return time.perf_counter(), user + nice + system + irq + softirq + steal, each
    except OSError:
        return None


def cpus(before, after):
    """CPUs that others used, and CPUs that each process used."""
    if before is None or after is None:
        return None, []
    seconds = after[0] - before[0]
    own = [(b - a) / TICKS / seconds for a, b in zip(before[2], after[2])]
    return max(0.0, (after[1] - before[1]) / TICKS / seconds - sum(own)), own


def address(target):
    return f"{target['host']}:{target['ports']['lwp']}"


async def consumer_of(target):
    topic = target["topic"]
    config = StandaloneConfig(consumer_name="bench", topic_id=topic["id"])
    return await StandaloneConsumer.connect(address(target), config)


async def consume(target, tally):
    again = target["settings"].get("again", False)
    consumer = await consumer_of(target)
    try:
        while not tally.over:
            # Its default of 0.1 s is too short for a busy machine: after a timeout it is out of step for good.
            result = await consumer.poll(timeout=5.0)
            if result is None:
                if again:
                    consumer.rewind()
                continue
            tally.bytes += len(result.data)
            tally.records += len(result.records)
    finally:
        await consumer.close()


def values_of(topic):
    size = topic["recordBytes"]
    return [os.urandom(size) for _ in range(max(64, POOL_BYTES // size))]


def batches_of(topic, settings):
    """Batches that are prepared before anything is measured, of about this many bytes each."""
    values = values_of(topic)
    per_batch = settings.get("batchBytes", 64 << 10) // (topic["recordBytes"] + TLV_HEADER_BYTES)
    endless = itertools.cycle(values)
    count = max(4, len(values) // per_batch)
    return [[TlvRecord.raw(next(endless)) for _ in range(per_batch)] for _ in range(count)]


async def send_batch(target, tally):
    """Batches, awaited by as many tasks as may be in flight."""
    topic, settings = target["topic"], target["settings"]
    batches = itertools.cycle(batches_of(topic, settings))
    producer = await Producer.connect(address(target))

    async def work():
        while not tally.over:
            batch = next(batches)
            await producer.send_batch(topic["id"], batch)
            tally.records += len(batch)
            tally.bytes += sum(record.total_size for record in batch)

    try:
        await asyncio.gather(*(work() for _ in range(settings.get("inFlight", 64))))
    finally:
        await producer.close()


async def send_async(target, tally):
    """A record at a time without waiting, and a flush for as many as may be in flight."""
    topic, in_flight = target["topic"], target["settings"].get("inFlight", 64)
    values = itertools.cycle(values_of(topic))
    producer = await Producer.connect(address(target))
    try:
        while not tally.over:
            for _ in range(in_flight):
                await producer.send_async(topic["id"], next(values))
            await producer.flush()
            tally.records += in_flight
            tally.bytes += in_flight * (topic["recordBytes"] + TLV_HEADER_BYTES)
    finally:
        await producer.close()


async def send(target, tally, tasks=1):
    """A record at a time, each awaited, by one or several tasks."""
    topic = target["topic"]
    values = itertools.cycle(values_of(topic))
    producer = await Producer.connect(address(target))

    async def work():
        while not tally.over:
            start = time.perf_counter()
            await producer.send(topic["id"], next(values))
            tally.latencies_us.append((time.perf_counter() - start) * 1e6)
            tally.records += 1
            tally.bytes += topic["recordBytes"] + TLV_HEADER_BYTES

    try:
        await asyncio.gather(*(work() for _ in range(tasks)))
    finally:
        await producer.close()


async def send_many(target, tally):
    await send(target, tally, target["settings"].get("inFlight", 64))


MODES = {
    "consume": consume,
    "send-batch": send_batch,
    "send-async": send_async,
    "send-many": send_many,
    "send": send,
}


async def verify_read(target, records):
    digest = Digest()
    consumer = await consumer_of(target)
    try:
        while digest.records < records:
            result = await consumer.poll(timeout=5.0)
            for record in [] if result is None else result.records:
                if digest.records < records:
                    digest.add(record.record_type, record.value)
    finally:
        await consumer.close()
    return digest.as_json()


async def verify_written(target, records):
    topic, settings = target["topic"], target["settings"]
    batches = itertools.cycle(batches_of(topic, settings))
    digest = Digest()
    producer = await Producer.connect(address(target))
    try:
        while digest.records < records:
            batch = next(batches)
            await producer.send_batch(topic["id"], batch)
            for record in batch:
                digest.add(record.record_type, record.value)
    finally:
        await producer.close()
    return digest.as_json()


async def measure(mode, question):
    tally = Tally()
    task = asyncio.create_task(MODES[mode](question["target"], tally))
    try:
        await asyncio.wait([task], timeout=question["timing"]["settleMs"] / 1000)
        before = sample_cpu(question["pids"])
        start = (tally.bytes, tally.records, len(tally.latencies_us))
        used, since = os.times(), time.perf_counter()
        await asyncio.wait([task], timeout=question["timing"]["windowMs"] / 1000)
        seconds, now = time.perf_counter() - since, os.times()
        end = (tally.bytes, tally.records, len(tally.latencies_us))
        foreign, own = cpus(before, sample_cpu(question["pids"]))
    finally:
        # Not cancelled: `wait_for`, which the client uses, may swallow that.
        tally.over = True
        await asyncio.wait([task], timeout=30)
    await task
    figures = {
        "seconds": seconds,
        "bytes": end[0] - start[0],
        "records": end[1] - start[1],
        "userUs": (now.user - used.user) * 1e6,
        "systemUs": (now.system - used.system) * 1e6,
        "own": own,
    }
    if foreign is not None:
        figures["foreign"] = foreign
    latencies = sorted(tally.latencies_us[start[2] : end[2]])
    if latencies:
        at = lambda share: latencies[max(0, -int(-share * len(latencies) // 1) - 1)]
        figures["latencyUs"] = {"count": len(latencies), "p50": at(0.5), "p99": at(0.99), "max": latencies[-1]}
    return figures


async def answer(mode, question):
    if question["ask"] == "window":
        return await measure(mode, question)
    verify = verify_read if mode == "consume" else verify_written
    return await verify(question["target"], question["records"])


async def main(mode):
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            reply = {"body": await answer(mode, json.loads(line))}
        except Exception:
            reply = {"failure": traceback.format_exc()}
        print(json.dumps(reply), flush=True)


logging.getLogger("lnc_client").setLevel(logging.CRITICAL)
asyncio.run(main(sys.argv[1]))
