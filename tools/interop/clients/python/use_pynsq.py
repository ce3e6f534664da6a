"""Does with pynsq what the first argument says; the second has the parameters as JSON."""

import ssl
import time

import nsq
import tornado.gen
import tornado.ioloop

from common import Tally, arguments, body_of, fail, on_stdin_end, say

RETRY_S = 0.2


def options(p):
    found = {}
    if p.get("tlsCa"):
        found["tls_v1"] = True
        found["tls_options"] = {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": p["tlsCa"]}
    if p.get("compression"):
        found[p["compression"]] = True
    if p.get("secret"):
        found["auth_secret"] = p["secret"]
    if p.get("msgTimeoutMs"):
        found["msg_timeout"] = p["msgTimeoutMs"] / 1000
    return found


def answered(publish):
    """A future for the answer to a publish."""
    future = tornado.gen.Future()

    def callback(_, data):
        if future.done():
            return
        if isinstance(data, Exception):
            future.set_exception(data)
        else:
            future.set_result(data)

    publish(callback)
    return future


async def produce(action, p):
    writer = nsq.Writer([p["nsqd"]], reconnect_interval=RETRY_S, **options(p))
    while not writer.conns:
        await tornado.gen.sleep(0.02)
    index, end = p["first"], p["first"] + p["count"]
    while index < end:
        body = body_of(index, p["size"])
        if action == "publish":
            await answered(lambda done: writer.pub(p["topic"], body, done))
            index += 1
        elif action == "defer":
            await answered(lambda done: writer.dpub(p["topic"], p["delayMs"], body, done))
            index += 1
        elif action == "mpub":
            last = min(index + p["batch"], end)
            bodies = [body_of(number, p["size"]) for number in range(index, last)]
            await answered(lambda done: writer.mpub(p["topic"], bodies, done))
            index = last
        else:
            try:
                await answered(lambda done: writer.pub(p["topic"], body, done))
                index += 1
            except nsq.Error:
                await tornado.gen.sleep(RETRY_S)
            await tornado.gen.sleep(p["pauseMs"] / 1000)
    return {"published": p["count"]}


async def consume(action, p):
    seen = Tally()
    done = tornado.gen.Future()

    def finish(message):
        message.finish()
        if seen.finish(p["count"]) and not done.done():
            done.set_result(None)

    async def touch(message):
        end = time.monotonic() + p["holdMs"] / 1000
        while time.monotonic() < end:
            await tornado.gen.sleep(p["touchMs"] / 1000)
            message.touch()
        finish(message)

    def handle(message):
        message.enable_async()
        seen.add(message.body, message.attempts)
        if action == "requeue" and message.attempts == 1:
            message.requeue(backoff=False, time_ms=p["delayMs"])
        elif action == "timeout" and message.attempts == 1:
            pass
        elif action == "touch":
            tornado.ioloop.IOLoop.current().add_callback(touch, message)
        else:
            finish(message)

    where = {"nsqd_tcp_addresses": [p["nsqd"]]} if p.get("nsqd") else {"lookupd_http_addresses": p["lookupds"]}
    nsq.Reader(
        p["topic"],
        p["channel"],
        handle,
        max_in_flight=p["maxInFlight"],
        max_tries=0,
        lookupd_poll_interval=1,
        **where,
        **options(p),
    )
    await done
    return seen.result()


async def main():
    action, p = arguments()
    try:
        say(await (produce if action in ("publish", "mpub", "defer", "persist") else consume)(action, p))
    except Exception as error:  # whatever the library throws is the result
        fail(error)
    ended = tornado.gen.Future()
    loop = tornado.ioloop.IOLoop.current()
    on_stdin_end(lambda: loop.add_callback(ended.set_result, None))
    await ended


tornado.ioloop.IOLoop.current().run_sync(main)
