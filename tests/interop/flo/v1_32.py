"""A session of the official Flo client 0.1.1, which speaks v1-32, with the embedded server at argv[1] (host:port).

The client counts times to live in seconds: so must the server.
"""

import asyncio
import time

import both
from check import check, session
from flo import (
    DeleteOptions,
    DequeueOptions,
    DlqListOptions,
    EnqueueOptions,
    FloClient,
    GetOptions,
    NackOptions,
    PutOptions,
)

LEASE_MS = 600


async def conditional_writes(client: FloClient) -> None:
    first = (await client.kv.put("condition", b"one")).version
    second = (await client.kv.put("condition", b"two", PutOptions(cas_version=first))).version
    check(second > first, "kv: a write of the version that is there", (first, second))
    stale = client.kv.put("condition", b"no", PutOptions(cas_version=first))
    await both.conflicts(stale, "a stale version", "condition", client)
    absent = client.kv.put("condition", b"no", PutOptions(cas_version=0))
    await both.conflicts(absent, "version 0 of a key that is there", "condition", client)
    if_not_exists = client.kv.put("condition", b"no", PutOptions(if_not_exists=True))
    await both.conflicts(if_not_exists, "if_not_exists", "condition", client)
    if_exists = client.kv.put("absent", b"no", PutOptions(if_exists=True))
    await both.conflicts(if_exists, "if_exists", "absent", client)
    delete = client.kv.delete("condition", DeleteOptions(if_match=first))
    await both.conflicts(delete, "deleting a stale version", "condition", client)
    await client.kv.delete("condition", DeleteOptions(if_match=second))
    check(await client.kv.get("condition") is None, "kv: deleting the version that is there")


async def waiting_and_expiry(client: FloClient, other: FloClient) -> None:
    get = asyncio.ensure_future(client.kv.get("awaited", GetOptions(block_ms=4000)))
    await other.kv.get("a round trip")
    await other.kv.put("awaited", b"now", PutOptions(ttl_seconds=1))
    check((await get).value == b"now", "kv: a get that waits wakes with the first put")
    check((await client.kv.get("awaited")).value == b"now", "kv: a key lives for its second")
    deadline = time.monotonic() + 5
    while (found := await client.kv.get("awaited")) is not None and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    check(found is None, "kv: and no longer", found)


async def leases(client: FloClient) -> None:
    queue = "interop-leases"
    seq = await client.queue.enqueue(queue, b"leased")
    taken = (await client.queue.dequeue(queue, 1, DequeueOptions(visibility_timeout_ms=LEASE_MS))).messages
    check([message.seq for message in taken] == [seq], "lease: a message is taken", taken)
    check((await client.queue.dequeue(queue, 1)).messages == [], "lease: nobody else sees it")
    await asyncio.sleep(LEASE_MS / 2000)
    await client.queue.touch(queue, [seq])
    touched = time.monotonic()
    again = (await client.queue.dequeue(queue, 1, DequeueOptions(block_ms=4000))).messages
    away = time.monotonic() - touched
    check([message.seq for message in again] == [seq], "lease: it comes back when the lease is over", again)
    check(away >= LEASE_MS / 1000 - 0.05, "lease: touch made it longer", away)
    await client.queue.ack(queue, [seq])


async def what_only_v1_carries(client: FloClient) -> None:
    queue = "interop-options"
    seq = await client.queue.enqueue(queue, b"later", EnqueueOptions(delay_ms=300))
    started = time.monotonic()
    due = (await client.queue.dequeue(queue, 1, DequeueOptions(block_ms=4000))).messages
    late = time.monotonic() - started
    is_due = [message.seq for message in due] == [seq] and late >= 0.25
    check(is_due, "queue: a delayed message comes when it is due", (due, late))
    await client.queue.nack(queue, [seq], NackOptions(to_dlq=True))
    first = await client.queue.enqueue(queue, b"once", EnqueueOptions(dedup_key="key"))
    second = await client.queue.enqueue(queue, b"once", EnqueueOptions(dedup_key="key"))
    check(first == second, "queue: a duplicate is the message that is there", (first, second))
    await client.queue.nack(queue, [(await client.queue.dequeue(queue, 1)).messages[0].seq], NackOptions(to_dlq=True))
    dead = [message.seq for message in (await client.queue.dlq_list(queue)).messages]
    check(dead == [seq, first], "queue: straight to the dead letters", dead)
    limited = (await client.queue.dlq_list(queue, DlqListOptions(limit=1))).messages
    check([message.seq for message in limited] == [seq], "queue: dlq_list keeps to its limit", limited)


async def main(address: str) -> None:
    async with FloClient(address) as client, FloClient(address) as other:
        await both.use_kv(client)
        await conditional_writes(client)
        await waiting_and_expiry(client, other)
        await both.use_queue(client)
        await both.fail_for_good(client, "interop-doomed", counted=False)
        await both.wait_for_message(client, other, DequeueOptions)
        await both.leave_while_waiting(client, address, DequeueOptions)
        await leases(client)
        await what_only_v1_carries(client)
        await both.isolated(client, address)
        await both.refused(client)


session(main)
