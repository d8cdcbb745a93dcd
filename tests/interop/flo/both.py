"""What both generations of the official Flo client do alike: KV with versions, and a queue with failures."""

import asyncio
import time

from check import check, raised
from flo import ConflictError, FloClient, KeyTooLargeError, UnauthorizedError

VALUES = {
    "binary": bytes(range(256)),
    "ключ 🔑": "значение".encode(),
    "large": b"x" * 48 * 1024,
    "empty": b"",
}
MESSAGES = 50
ATTEMPTS = 5


async def use_kv(client: FloClient) -> None:
    check(await client.kv.get("interop:none") is None, "kv: a key that is not there")
    versions = [(await client.kv.put(key, value)).version for key, value in VALUES.items()]
    got = {key: await client.kv.get(key) for key in VALUES}
    check({key: result and result.value for key, result in got.items()} == VALUES, "kv: values come back", got)
    check([result.version for result in got.values()] == versions, "kv: and their versions", got)
    check(versions == sorted(set(versions)), "kv: versions grow", versions)
    await client.kv.delete("binary")
    check(await client.kv.get("binary") is None, "kv: delete")
    error = await raised(client.kv.delete("binary"))
    check(error is None, "kv: deleting it once more", error)
    error = await raised(client.kv.put("_sys:interop", b"no"))
    check(isinstance(error, UnauthorizedError), "kv: reserved keys are refused", error)
    check(isinstance(await raised(client.kv.get("k" * 70_000)), KeyTooLargeError), "kv: a key that is too long")
    check((await client.kv.get("large")).value == VALUES["large"], "kv: the connection lives on")


async def conflicts(put, what: str, key: str, client: FloClient) -> None:
    """A write that must not happen doesn't."""
    before = await client.kv.get(key)
    error = await raised(put)
    check(isinstance(error, ConflictError), f"kv: {what} is a conflict", error)
    check(await client.kv.get(key) == before, f"kv: {what} leaves the value alone")


async def use_queue(client: FloClient) -> None:
    queue = "interop-order"
    seqs = [await client.queue.enqueue(queue, f"message {n}".encode()) for n in range(MESSAGES)]
    check(seqs == sorted(set(seqs)) and seqs[0] > 0, "queue: enqueue numbers messages", seqs)
    first = (await client.queue.dequeue(queue, 10)).messages
    check(len(first) == 10, "queue: dequeue takes as many as asked for", len(first))
    rest = (await client.queue.dequeue(queue, 100)).messages
    taken = [(message.seq, message.payload) for message in [*first, *rest]]
    expected = [(seq, f"message {n}".encode()) for n, seq in enumerate(seqs)]
    check(taken == expected, "queue: each once, in order", taken)
    await client.queue.ack(queue, [message.seq for message in [*first, *rest]])
    check((await client.queue.dequeue(queue, 10)).messages == [], "queue: acked is gone")
    error = await raised(client.queue.ack(queue, [10_000_001]))
    check(error is None, "queue: acking what is not there", error)
    check((await client.queue.dlq_list(queue)).messages == [], "queue: no dead letters yet")
    error = await raised(client.queue.dequeue("interop-never-used", 1))
    check(error is None, "queue: one that nobody has used is empty", error)


async def fail_for_good(client: FloClient, queue: str, counted: bool) -> None:
    """A message that fails every time comes again until the server gives it up."""
    seq = await client.queue.enqueue(queue, b"doomed")
    for attempt in range(1, ATTEMPTS + 1):
        messages = (await client.queue.dequeue(queue, 1)).messages
        check([message.seq for message in messages] == [seq], f"queue: attempt {attempt}", messages)
        if counted:
            check(messages[0].delivery_count == attempt, f"queue: it says so ({attempt})", messages)
        await client.queue.nack(queue, [seq])
    check((await client.queue.dequeue(queue, 1)).messages == [], "queue: then it does not come again")
    dead = (await client.queue.dlq_list(queue)).messages
    found = [(message.seq, message.payload) for message in dead]
    check(found == [(seq, b"doomed")], "queue: it is a dead letter", found)


async def leave_while_waiting(client: FloClient, address: str, options) -> None:
    """Nothing is handed to a connection that is gone."""
    queue = "interop-left"
    leaver = await FloClient(address).connect()
    # Or the server may come to it only when all that follows has been said.
    await leaver.kv.get("a round trip")
    poll = asyncio.ensure_future(raised(leaver.queue.dequeue(queue, 1, options(block_ms=4000))))
    await client.kv.get("a round trip")
    leaver._writer.transport.abort()
    await poll
    await client.kv.get("a round trip")
    seq = await client.queue.enqueue(queue, b"still there")
    found = (await client.queue.dequeue(queue, 1, options(block_ms=1000))).messages
    check([message.seq for message in found] == [seq], "queue: one that left while it waited is handed nothing", found)
    await client.queue.ack(queue, [seq])


async def wait_for_message(client: FloClient, other: FloClient, options) -> None:
    """A poll that waits, on one connection, wakes when a message arrives through the other."""
    queue = "interop-wait"
    started = time.monotonic()
    nothing = (await client.queue.dequeue(queue, 1, options(block_ms=200))).messages
    waited = time.monotonic() - started
    found = (nothing, waited)
    check(nothing == [] and waited >= 0.19, "queue: a poll that waits ends empty when its time is over", found)
    poll = asyncio.ensure_future(client.queue.dequeue(queue, 1, options(block_ms=4000)))
    await other.kv.get("a round trip, so that the poll is there before the message")
    await other.queue.enqueue(queue, b"awaited")
    woken = (await poll).messages
    check([message.payload for message in woken] == [b"awaited"], "queue: or wakes when a message comes", woken)
    await client.queue.ack(queue, [message.seq for message in woken])


async def isolated(client: FloClient, address: str) -> None:
    async with FloClient(address, namespace="elsewhere") as elsewhere:
        check(await elsewhere.kv.get("large") is None, "namespaces: keys of another are not there")
        await client.queue.enqueue("interop-space", b"here")
        found = (await elsewhere.queue.dequeue("interop-space", 1)).messages
        check(found == [], "namespaces: nor are its messages", found)


async def refused(client: FloClient) -> None:
    """An operation that this server has not been built for is refused, and the connection lives on."""
    error = await raised(client.stream.info("interop-stream"))
    is_refusal = error is not None and not isinstance(error, asyncio.TimeoutError)
    check(is_refusal, "an operation without a handler is refused", error)
    check((await client.kv.get("large")).value == VALUES["large"], "and the connection lives on")
