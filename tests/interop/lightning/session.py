"""A session of the official LightningStoreClient (agentlightning 0.3.0) with the store at argv[1] (a URL).

The genuine server passes it too; what is checked here is what that server does.
"""

import asyncio
import logging
import time

from agentlightning.store.client_server import LightningStoreClient
from agentlightning.types import EnqueueRolloutRequest, PromptTemplate, RolloutConfig, Span

from check import check, raised, session

# The client logs what it swallows, also where that is expected here.
logging.getLogger("agentlightning").setLevel(logging.CRITICAL)

WORKER = "interop-worker"
RETRIED = RolloutConfig(max_attempts=2, retry_condition=["failed"])


def reward_span(rollout_id: str, attempt_id: str, sequence_id: int, reward: float) -> Span:
    attributes = {"agentlightning.reward.0.name": "primary", "agentlightning.reward.0.value": reward, "ids": [1, 2, 3]}
    now = time.time()
    return Span.from_attributes(
        attributes=attributes,
        rollout_id=rollout_id,
        attempt_id=attempt_id,
        sequence_id=sequence_id,
        name="agentlightning.annotation",
        start_time=now - 0.25,
        end_time=now,
    )


async def use_queue(store: LightningStoreClient) -> list[str]:
    check(await store.dequeue_rollout(WORKER) is None, "dequeue: an empty queue")
    task = {"task": "добавить", "nested": {"list": [1, 2.5, None, True]}}
    first = await store.enqueue_rollout(task, mode="train", config=RETRIED, metadata={"by": "interop"})
    check((first.status, first.input, first.mode) == ("queuing", task, "train"), "enqueue", first)
    config = first.config
    check((config.max_attempts, config.retry_condition) == (2, ["failed"]), "enqueue: its config", config)
    check(abs(first.start_time - time.time()) < 60 and first.end_time is None, "enqueue: its times", first)
    more = await store.enqueue_many_rollouts([EnqueueRolloutRequest(input=n) for n in range(3)])
    check([rollout.input for rollout in more] == [0, 1, 2], "enqueue many, in order", more)
    ids = [first.rollout_id, *(rollout.rollout_id for rollout in more)]
    check(len(set(ids)) == 4, "each has an id of its own", ids)
    taken = await store.dequeue_rollout(WORKER)
    check(taken.rollout_id == ids[0] and taken.status == "preparing", "dequeue: first in, first out", taken)
    attempt = taken.attempt
    found = (attempt.sequence_id, attempt.status, attempt.worker_id)
    check(found == (1, "preparing", WORKER), "dequeue: its attempt", found)
    rest = await store.dequeue_many_rollouts(limit=10, worker_id=WORKER)
    check([rollout.rollout_id for rollout in rest] == ids[1:], "dequeue many: what is left", rest)
    for rollout in rest:
        await store.update_attempt(rollout.rollout_id, rollout.attempt.attempt_id, status="succeeded")
    return ids


async def use_spans(store: LightningStoreClient, rollout_id: str) -> None:
    attempt = await store.get_latest_attempt(rollout_id)
    sequence_ids = [await store.get_next_span_sequence_id(rollout_id, attempt.attempt_id) for _ in range(2)]
    check(sequence_ids == [1, 2], "spans: sequence ids", sequence_ids)
    spans = [reward_span(rollout_id, attempt.attempt_id, n, n / 4) for n in sequence_ids]
    stored = await store.add_span(spans[1])
    check(stored == spans[1], "add span: it comes back as it was", stored)
    check(await store.add_span(spans[1]) is None, "add span: a duplicate is nothing")
    await store.add_span(spans[0])
    check(list(await store.query_spans(rollout_id)) == spans, "query spans: sorted by sequence id")
    named = await store.query_spans(rollout_id, attempt_id="latest", span_id=spans[0].span_id)
    check(list(named) == spans[:1], "query spans: filtered", named)
    found = await store.get_rollout_by_id(rollout_id)
    check((found.status, found.attempt.status) == ("running", "running"), "a span makes it run", found)
    check(abs(found.attempt.last_heartbeat_time - time.time()) < 60, "and is a heartbeat", found.attempt)
    error = await raised(store.add_span(reward_span("ro-unknown", "at-unknown", 1, 0)))
    check(error is not None, "add span: to no rollout", error)


async def use_attempts(store: LightningStoreClient, rollout_id: str) -> None:
    """The first attempt fails and is repeated, the second is the last."""
    first = await store.get_latest_attempt(rollout_id)
    failed = await store.update_attempt(rollout_id, first.attempt_id, status="failed", metadata={"why": "on purpose"})
    check((failed.status, failed.metadata) == ("failed", {"why": "on purpose"}), "update attempt", failed)
    check(failed.end_time >= failed.start_time, "update attempt: it has ended", failed)
    requeued = await store.get_rollout_by_id(rollout_id)
    check((requeued.status, requeued.end_time) == ("requeuing", None), "a failed attempt is repeated", requeued)
    again = await store.dequeue_rollout(WORKER)
    check((again.rollout_id, again.attempt.sequence_id) == (rollout_id, 2), "dequeue: the second attempt", again)
    attempts = await store.query_attempts(rollout_id)
    check([attempt.sequence_id for attempt in attempts] == [1, 2], "query attempts", attempts)
    await store.update_attempt(rollout_id, "latest", status="failed")
    ended = await store.get_rollout_by_id(rollout_id)
    check(ended.status == "failed" and ended.end_time is not None, "the last one decides", ended)
    error = await raised(store.update_attempt(rollout_id, "at-unknown", status="failed"))
    check(error is not None, "update attempt: one that is not there", error)
    check(await store.get_rollout_by_id("ro-unknown") is None, "get rollout: one that is not there")


async def use_resources(store: LightningStoreClient) -> None:
    check(await store.get_latest_resources() is None, "latest resources: none yet")
    prompt = PromptTemplate(template='{"weights": [0.5, -1e-9, 12345.678]}', engine="f-string")
    added = await store.add_resources({"weights": prompt})
    check((added.version, added.resources) == (1, {"weights": prompt}), "add resources", added)
    latest = await store.get_latest_resources()
    check(latest == added, "latest resources", latest)
    better = PromptTemplate(template="better", engine="jinja")
    updated = await store.update_resources(added.resources_id, {"weights": better})
    check((updated.version, updated.resources_id) == (2, added.resources_id), "update resources", updated)
    got = await store.get_resources_by_id(added.resources_id)
    check(got == updated, "get resources", got)
    second = await store.add_resources({"weights": prompt, "other": better})
    check((await store.get_latest_resources()).resources_id == second.resources_id, "latest resources: the newer")
    rollout = await store.enqueue_rollout("with the latest")
    check(rollout.resources_id == second.resources_id, "a rollout takes the latest with it", rollout)
    check((await store.dequeue_rollout()).rollout_id == rollout.rollout_id, "and is handed out without a worker, too")


async def use_waits(store: LightningStoreClient, ids: list[str]) -> None:
    open_rollout = await store.start_rollout("still open", worker_id=WORKER)
    check((open_rollout.status, open_rollout.attempt.sequence_id) == ("preparing", 1), "start rollout", open_rollout)
    asked = [open_rollout.rollout_id, *ids, "ro-unknown"]
    ended = await store.wait_for_rollouts(rollout_ids=asked, timeout=0)
    check([rollout.rollout_id for rollout in ended] == ids, "wait: those that have ended", ended)
    statuses = [rollout.status for rollout in ended]
    check(statuses == ["failed", "succeeded", "succeeded", "succeeded"], "wait: and how", statuses)
    wait = asyncio.ensure_future(store.wait_for_rollouts(rollout_ids=[open_rollout.rollout_id], timeout=None))
    await store.query_rollouts(limit=1)
    await store.update_attempt(open_rollout.rollout_id, open_rollout.attempt.attempt_id, status="succeeded")
    woken = await wait
    check([rollout.status for rollout in woken] == ["succeeded"], "wait: without limit, until it ends", woken)
    found = await store.query_rollouts(status_in=["succeeded"], sort_by="start_time", sort_order="desc", limit=2)
    check(len(found) == 2 and found[0].rollout_id == open_rollout.rollout_id, "query rollouts", found)
    none = await store.query_rollouts(status_in=["cancelled"])
    check(list(none) == [], "query rollouts: none such", none)


async def main(url: str) -> None:
    # Without retries what is refused is refused at once.
    store = LightningStoreClient(url, retry_delays=())
    try:
        ids = await use_queue(store)
        await use_spans(store, ids[0])
        await use_attempts(store, ids[0])
        await use_resources(store)
        await use_waits(store, ids)
        statistics = await store.statistics()
        check(statistics["total_rollouts"] == 6 and statistics["total_spans"] == 2, "statistics", statistics)
    finally:
        await store.close()


session(main)
