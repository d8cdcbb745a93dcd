"""A session of the official Lance client (lnc-client 0.2.9) with the server at argv[1] (host:port).

Prints a line per check; exits 1 at the first that fails.
"""

import asyncio
import logging
import tempfile
import time

from check import check, session
from lnc_client import (
    ClientConfig,
    LanceClient,
    LanceError,
    Producer,
    RecordType,
    StandaloneConfig,
    StandaloneConsumer,
    TlvRecord,
    TopicNotFoundError,
)

# The client logs every refusal, also those that are expected here.
logging.getLogger("lnc_client").setLevel(logging.CRITICAL)

PIPELINED = 2000
# The server may be one that others use, too.
EVENTS, KEPT = (f"interop-{name}-{time.time_ns():x}" for name in ("events", "kept"))
PATIENCE_S = 5.0


async def refused(awaitable) -> str | None:
    try:
        await awaitable
    except LanceError as error:
        return str(error)
    return None


async def read_values(consumer: StandaloneConsumer, count: int) -> list[TlvRecord]:
    """Polls until so many records have come; the client can't put a cut record together again, so windows are large."""
    records: list[TlvRecord] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(records) < count and time.monotonic() < deadline:
        result = await consumer.poll(timeout=PATIENCE_S)
        if result is None:
            await asyncio.sleep(0.01)
        else:
            records.extend(result.records)
    return records


async def manage(client: LanceClient) -> int:
    topic = await client.create_topic(EVENTS)
    check(topic.id > 0 and topic.name == EVENTS, "create topic", topic)
    again = await client.create_topic(EVENTS)
    check(again.id == topic.id, "creating it again finds it", again)
    text = await refused(client.create_topic_once(EVENTS))
    check(text == f"Topic '{EVENTS}' already exists", "creating it once more is refused", text)
    listed = {each.name: each.id for each in await client.list_topics()}
    check(listed.get(EVENTS) == topic.id, "list topics", listed)
    got = await client.get_topic(topic.id)
    check((got.id, got.name) == (topic.id, EVENTS), "get topic", got)
    check(abs(got.created_at - time.time()) < 60, "it was created just now", got.created_at)
    kept = await client.create_topic_with_retention(KEPT, max_age_secs=3600, max_bytes=1 << 40)
    check(kept.id > topic.id, "create topic with retention", kept)
    text = await refused(client.set_retention(kept.id, max_age_secs=7200, max_bytes=1 << 41))
    check(text is None, "set retention", text)
    slowest = max([await client.ping() for _ in range(10)])
    check(slowest < 0.5, "ping", slowest)
    return topic.id


async def produce(address: str, topic_id: int) -> list[bytes]:
    """Returns the values in the order in which they must come back."""
    producer = await Producer.connect(address)
    try:
        first = await producer.send(EVENTS, b"one by name")
        second = await producer.send(topic_id, b"one by id")
        check(second == first + 1, "send waits for acknowledgements", (first, second))
        batch = [
            TlvRecord.json(b'{"n":1}'),
            TlvRecord.key_value("key", b"value"),
            TlvRecord.timestamped(1_706_918_400_000_000_000, b"then"),
            TlvRecord(RecordType.MSGPACK, b"\x81\xa1k\x01"),
        ]
        await producer.send_batch(topic_id, batch)
        check(True, "send_batch")
        numbered = [f"record {n}".encode() for n in range(PIPELINED)]
        for value in numbered:
            await producer.send_async(topic_id, value)
        await producer.flush()
        check(True, f"send_async and flush, {PIPELINED} in flight")
    finally:
        await producer.close()
    return [b"one by name", b"one by id", *(record.value for record in batch), *numbered]


async def consume(address: str, topic_id: int, expected: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as offsets:
        config = StandaloneConfig("interop", topic_id=topic_id, poll_timeout_s=PATIENCE_S)
        config.with_offset_dir(offsets)
        async with await StandaloneConsumer.connect(address, config) as consumer:
            records = await read_values(consumer, len(expected))
            values = [record.value for record in records]
            check(values == expected, "everything comes back, in order", values[:10])
            types = [record.record_type for record in records[2:6]]
            kinds = [RecordType.JSON, RecordType.KEY_VALUE, RecordType.TIMESTAMPED, RecordType.MSGPACK]
            check(types == kinds, "record types", types)
            check(records[3].as_key_value() == ("key", b"value"), "key and value", records[3])
            check(await consumer.poll(timeout=PATIENCE_S) is None, "nothing more at the end")
            end = consumer.current_offset
            await consumer.commit()
            consumer.rewind()
            again = await read_values(consumer, len(expected))
            check(len(again) == len(expected), "rewind", len(again))
        async with await StandaloneConsumer.connect(address, config) as resumed:
            check(resumed.current_offset == end, "a committed offset is found again", resumed.current_offset)
            check(await resumed.poll(timeout=PATIENCE_S) is None, "and nothing is read twice")


async def delete(client: LanceClient, topic_id: int) -> None:
    # The other topic stays: a server without topics hands out old ids anew, and loses what is written under them.
    await client.delete_topic(topic_id)
    text = await refused(client.get_topic(topic_id))
    check(text == "Topic not found", "a deleted topic is gone", text)
    try:
        await client.get_topic_by_name(EVENTS)
        check(False, "and its name")
    except TopicNotFoundError:
        check(True, "and its name")


async def main(address: str) -> None:
    host, _, port = address.rpartition(":")
    async with LanceClient(ClientConfig(host=host, port=int(port), request_timeout_s=PATIENCE_S)) as client:
        topic_id = await manage(client)
        expected = await produce(address, topic_id)
        await consume(address, topic_id, expected)
        await delete(client, topic_id)


session(main)
