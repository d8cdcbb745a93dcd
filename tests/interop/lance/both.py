"""The official Lance client (lnc-client 0.2.9) and ours at the same server, argv[1] (host:port): what one writes, the
other reads. argv[2:] is the command of our client, which is driven line by line.

Prints a line per check; exits 1 at the first that fails.
"""

import asyncio
import json
import logging
import random
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lz4.block
from check import check, raised, session
from lnc_client import (
    ClientConfig,
    FileOffsetStore,
    LanceClient,
    LanceError,
    Producer,
    ProducerConfig,
    StandaloneConfig,
    StandaloneConsumer,
    TlvRecord,
)

logging.getLogger("lnc_client").setLevel(logging.CRITICAL)

PATIENCE_S = 10.0
# The server may be one that others use, too.
RUN = f"{time.time_ns():x}"


class Ours:
    """Our client in a process of its own."""

    def __init__(self, address: str) -> None:
        command = [*sys.argv[2:], address]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, name: str, *given):
        answer = self.ask(name, *given)
        if "error" in answer:
            check(False, f"our {name}", answer)
        return answer["value"]

    def ask(self, name: str, *given) -> dict:
        self.process.stdin.write(json.dumps([name, *given]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        check(self.process.wait(timeout=20) == 0, "our process ends", self.process.returncode)


def tlv(records: list[TlvRecord]) -> bytes:
    return b"".join(struct.pack("<BI", int(r.record_type), len(r.value)) + r.value for r in records)


def all_sorts(count: int) -> list[TlvRecord]:
    """Records of all types and sizes; the last are many and small."""
    chance = random.Random(7)
    structured = [
        TlvRecord.raw(b""),
        TlvRecord.json('{"ключ": "値"}'.encode()),
        TlvRecord.key_value("ключ", b"value"),
        TlvRecord.key_value("gone", b""),
        TlvRecord.timestamped(1_706_918_400_000_000_001, b"then"),
        TlvRecord(0x03, b"\x81\xa1k\x01"),
        TlvRecord(0x80, bytes(range(256))),
        TlvRecord(0xFE, chance.randbytes(1 << 20)),
    ]
    return structured + [TlvRecord.raw(chance.randbytes(chance.randrange(300))) for _ in range(count)]


async def raw_bytes(address: str, topic_id: int) -> bytes:
    """All that a topic holds, as their client gets it."""
    config = StandaloneConfig("raw", topic_id=topic_id, max_fetch_bytes=15 << 20, poll_timeout_s=PATIENCE_S)
    async with await StandaloneConsumer.connect(address, config) as consumer:
        data = b""
        while (result := await consumer.poll()) is not None:
            data += result.data
        return data


async def theirs_to_ours(address: str, ours: Ours, folder: Path) -> None:
    topic = f"interop-theirs-{RUN}"
    ours("ensureTopic", topic)
    records = all_sorts(2000)
    producer = await Producer.connect(address)
    await producer.send_batch(topic, records[:500])
    for record in records[500:]:
        await producer.send_async(topic, record.value, record_type=record.record_type)
    await producer.flush()
    await producer.close()
    written = tlv(records)
    for window in (1 << 20, 10_007):
        count = ours("consume", topic, str(folder / "read"), window)
        same = (folder / "read").read_bytes() == written
        check(count == len(records) and same, f"their records in our stream, byte for byte, fetches of {window}", count)
    ours("pollAndCommit", topic, str(folder / "polled"), str(folder / "offsets"))
    check((folder / "polled").read_bytes() == written, "their records in our polls, byte for byte")


async def ours_to_theirs(address: str, ours: Ours, folder: Path) -> None:
    topic = f"interop-ours-{RUN}"
    topic_id = ours("ensureTopic", topic)
    records = all_sorts(2000)
    (folder / "to-write").write_bytes(tlv(records))
    count = ours("produce", topic, str(folder / "to-write"), False)
    data = await raw_bytes(address, topic_id)
    check(count == len(records) and data == tlv(records), "our records at theirs, byte for byte", len(data))
    config = StandaloneConfig("decoded", topic_id=topic_id, max_fetch_bytes=15 << 20, poll_timeout_s=PATIENCE_S)
    async with await StandaloneConsumer.connect(address, config) as consumer:
        result = await consumer.poll()
        found = [(int(r.record_type), r.value) for r in result.records]
        check(found == [(int(r.record_type), r.value) for r in records], "and decoded by theirs", found[:8])
        check(result.records[2].as_key_value() == ("ключ", b"value"), "a key and its value")
        check(result.records[4].as_timestamped() == (1_706_918_400_000_000_001, b"then"), "a time and its value")


async def offsets_cross(address: str, ours: Ours, folder: Path) -> None:
    topic = f"interop-offsets-{RUN}"
    topic_id = ours("ensureTopic", topic)
    producer = await Producer.connect(address)
    kept = folder / "kept"
    config = StandaloneConfig("interop", topic_id=topic_id, poll_timeout_s=PATIENCE_S).with_offset_dir(kept)

    async def send(text: bytes) -> None:
        await producer.send(topic, text)

    await send(b"one")
    async with await StandaloneConsumer.connect(address, config) as consumer:
        await consumer.poll()
        await consumer.commit()
    await send(b"two")
    answer = ours("pollAndCommit", topic_id, str(folder / "part"), str(kept))
    got = (folder / "part").read_bytes()
    check(answer == [8, 16] and got == tlv([TlvRecord.raw(b"two")]), "ours goes on where theirs has committed", answer)
    await send(b"three")
    async with await StandaloneConsumer.connect(address, config) as consumer:
        check(consumer.current_offset == 16, "theirs goes on where ours has committed", consumer.current_offset)
        result = await consumer.poll()
        check([r.value for r in result.records] == [b"three"], "and reads what comes next", result)
    store = FileOffsetStore(kept)
    await store.save("interop", topic_id, 8, topic_name=topic)
    answer = ours("pollAndCommit", topic, str(folder / "part"), str(kept))
    found = await store.load("interop", topic_id, topic_name=topic)
    check(answer == [8, 26] and found == 26, "by the topic's name, too", (answer, found))
    await producer.close()


async def compressed(address: str, ours: Ours, folder: Path) -> None:
    """Nobody can read this back through a server: what is stored is the bare block."""
    records = [TlvRecord.raw(b"again and again " * 200) for _ in range(20)]
    (folder / "long").write_bytes(tlv(records))
    mine, other = f"interop-lz4-theirs-{RUN}", f"interop-lz4-ours-{RUN}"
    ids = [ours("ensureTopic", name) for name in (mine, other)]
    producer = await Producer.connect(address, ProducerConfig().with_compression(True))
    await producer.send_batch(mine, records)
    await producer.close()
    ours("produceBatch", other, str(folder / "long"), True)
    for name, topic_id in zip(("theirs", "ours"), ids):
        block = await raw_bytes(address, topic_id)
        plain = lz4.block.decompress(block, uncompressed_size=len(tlv(records)))
        check(plain == tlv(records) and len(block) < len(plain) / 10, f"a compressed batch of {name}", len(block))
    answer = ours.ask("consume", mine, str(folder / "read"), 1 << 20)
    check("error" in answer, "is damage to a reader", answer)


async def books(address: str, client: LanceClient, ours: Ours) -> None:
    topic = f"interop-books-{RUN}"
    topic_id = ours("ensureTopic", topic)
    await client.subscribe(topic_id=topic_id, start_offset=0, max_batch_bytes=65536, consumer_id=42)
    check(True, "their subscribe")
    await client.commit_offset(topic_id=topic_id, consumer_id=42, offset=1024)
    found = ours("subscribe", topic, 42)
    check(found["startOffset"] == 1024, "our subscribe finds what theirs has committed", found)
    error = await raised(client.unsubscribe(topic_id=topic_id, consumer_id=42))
    # A defect of theirs: the answer is an Ack frame, which it does not expect.
    check(isinstance(error, LanceError) and "flags=0x8" in str(error), "their unsubscribe fails as ever", error)
    committed = ours("commitOffset", topic, 43, 2048)
    check(committed == {"consumerId": 43, "offset": 2048}, "our commit", committed)
    check(ours("subscribe", topic, 43)["startOffset"] == 2048, "and what it has committed")
    check(ours("unsubscribe", topic, 43) is None, "our unsubscribe")


async def retention(client: LanceClient, ours: Ours) -> None:
    kept = await client.create_topic_with_retention(f"interop-kept-{RUN}", max_age_secs=3600, max_bytes=1 << 40)
    check(kept.name.startswith("interop-kept"), "their topic with retention", kept)
    limits = ours("setRetention", f"interop-kept-{RUN}", 7_200_000, 1 << 41)
    check(limits == {"maxAgeMs": 7_200_000, "maxBytes": 1 << 41}, "our setRetention", limits)
    limits = ours("createTopicWithRetention", f"interop-mine-{RUN}", 1_500, 0)
    check(limits == {"maxAgeMs": 2_000, "maxBytes": 0}, "our topic with retention", limits)
    topic = await client.get_topic_by_name(f"interop-mine-{RUN}")
    error = await raised(client.set_retention(topic.id, max_age_secs=60, max_bytes=1 << 30))
    check(error is None, "their set_retention", error)


async def main(address: str) -> None:
    host, _, port = address.rpartition(":")
    ours = Ours(address)
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            await theirs_to_ours(address, ours, folder)
            await ours_to_theirs(address, ours, folder)
            await offsets_cross(address, ours, folder)
            await compressed(address, ours, folder)
        async with LanceClient(ClientConfig(host=host, port=int(port), request_timeout_s=PATIENCE_S)) as client:
            await books(address, client, ours)
            await retention(client, ours)
            for topic in await client.list_topics():
                # One stays: a server without topics hands out old ids anew, and loses what is written under them.
                if topic.name.endswith(f"-{RUN}") and not topic.name.startswith("interop-kept"):
                    await client.delete_topic(topic.id)
        ours.close()
    finally:
        ours.process.kill()


session(main)
