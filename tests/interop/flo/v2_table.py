"""A session of the official Flo client 0.1.2, which speaks v2-table, with the server at argv[1] (host:port)."""

import asyncio
import time

import both
from check import check, raised, session
from flo import (
    Condition,
    ConflictError,
    DeleteOptions,
    DequeueOptions,
    EnqueueOptions,
    FloClient,
    GetOptions,
    PutOptions,
    Reason,
    WaitFor,
)


async def conditional_writes(client: FloClient) -> None:
    first = (await client.kv.put("condition", b"one")).version
    second = (await client.kv.put("condition", b"two", PutOptions(cas_version=first))).version
    check(second > first, "kv: a write of the version that is there", (first, second))
    stale = client.kv.put("condition", b"no", PutOptions(cas_version=first))
    await both.conflicts(stale, "a stale version", "condition", client)
    absent = client.kv.put("condition", b"no", PutOptions(cas_version=0))
    await both.conflicts(absent, "version 0 of a key that is there", "condition", client)
    if_absent = PutOptions(condition=Condition.IF_ABSENT)
    await both.conflicts(client.kv.put("condition", b"no", if_absent), "if_absent", "condition", client)
    if_present = PutOptions(condition=Condition.IF_PRESENT)
    await both.conflicts(client.kv.put("absent", b"no", if_present), "if_present", "absent", client)
    error = await raised(client.kv.delete("condition", DeleteOptions(cas_version=first)))
    check(isinstance(error, ConflictError), "kv: deleting a stale version is a conflict", error)
    check(error.reason != Reason.UNCLASSIFIED, "kv: a refusal says why", error.reason)
    existed = await client.kv.delete("condition", DeleteOptions(cas_version=second))
    check(existed is True, "kv: delete says that the key was there", existed)
    check(await client.kv.delete("condition") is False, "kv: and that it was not")


async def waiting_and_expiry(client: FloClient, other: FloClient) -> None:
    get = asyncio.ensure_future(client.kv.get("awaited", GetOptions(wait_ms=4000)))
    await other.kv.get("a round trip")
    first = await other.kv.put("awaited", b"now")
    check((await get).version == first.version, "kv: a get that waits wakes with the first put")
    change = GetOptions(wait_ms=4000, wait_for=WaitFor.CHANGE)
    get = asyncio.ensure_future(client.kv.get("awaited", change))
    await other.kv.get("a round trip")
    second = await other.kv.put("awaited", b"new", PutOptions(ttl_ms=300))
    check((await get).version == second.version, "kv: or with the next version")
    expired = time.monotonic() + 2
    while (found := await client.kv.get("awaited")) is not None and time.monotonic() < expired:
        await asyncio.sleep(0.05)
    check(found is None, "kv: a key expires", found)


async def what_comes_with_messages(client: FloClient) -> None:
    queue = "interop-trailer"
    before_ms = time.time() * 1000
    late, soon = [await client.queue.enqueue(queue, b"any", EnqueueOptions(priority=priority)) for priority in (200, 3)]
    messages = (await client.queue.dequeue(queue, 2)).messages
    taken = [(message.seq, message.priority) for message in messages]
    check(taken == [(soon, 3), (late, 200)], "queue: lower priorities first", taken)
    ages = [message.enqueued_at_ms - before_ms for message in messages]
    check(all(-5 <= age < 5000 for age in ages), "queue: when they were enqueued", ages)
    await client.queue.ack(queue, [soon, late])


async def main(address: str) -> None:
    async with FloClient(address) as client, FloClient(address) as other:
        await both.use_kv(client)
        await conditional_writes(client)
        await waiting_and_expiry(client, other)
        await both.use_queue(client)
        await both.fail_for_good(client, "interop-doomed", counted=True)
        await both.wait_for_message(client, other, DequeueOptions)
        await both.leave_while_waiting(client, address, DequeueOptions)
        await what_comes_with_messages(client)
        await both.isolated(client, address)
        await both.refused(client)


session(main)
