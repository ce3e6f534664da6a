"""Does with ansq what the first argument says; the second has the parameters as JSON."""

import asyncio

import ansq
from ansq.tcp.types import NSQErrorSchema

from common import Tally, arguments, body_of, fail, on_stdin_end, say

RETRY_S = 0.2


async def checked(answer):
    """ansq returns what nsqd refuses with; it does not raise."""
    found = await answer
    if isinstance(found, NSQErrorSchema):
        raise RuntimeError(found.text)
    return found


def options(p):
    features = ansq.ConnectionFeatures(msg_timeout=p["msgTimeoutMs"]) if p.get("msgTimeoutMs") else ansq.ConnectionFeatures()
    return ansq.ConnectionOptions(auto_reconnect=True, features=features)


async def produce(action, p):
    if p.get("secret"):
        host, port = p["nsqd"].split(":")
        writer = await ansq.open_connection(host, int(port))
        await checked(writer.auth(p["secret"]))
    else:
        writer = await ansq.create_writer([p["nsqd"]], options(p))
    index, end = p["first"], p["first"] + p["count"]
    while index < end:
        body = body_of(index, p["size"])
        if action == "publish":
            await checked(writer.pub(p["topic"], body))
            index += 1
        elif action == "defer":
            await checked(writer.dpub(p["topic"], body, p["delayMs"]))
            index += 1
        elif action == "mpub":
            last = min(index + p["batch"], end)
            await checked(writer.mpub(p["topic"], *(body_of(number, p["size"]) for number in range(index, last))))
            index = last
        else:
            try:
                await asyncio.wait_for(checked(writer.pub(p["topic"], body)), 2)
                index += 1
            except Exception:
                await asyncio.sleep(RETRY_S)
            await asyncio.sleep(p["pauseMs"] / 1000)
    return {"published": p["count"]}


async def messages_of(p):
    if p.get("secret"):
        host, port = p["nsqd"].split(":")
        connection = await ansq.open_connection(host, int(port))
        await checked(connection.auth(p["secret"]))
        await connection.subscribe(p["topic"], p["channel"], p["maxInFlight"])
        return connection.messages()
    where = {"nsqd_tcp_addresses": [p["nsqd"]]} if p.get("nsqd") else {"lookupd_http_addresses": p["lookupds"]}
    reader = await ansq.create_reader(
        p["topic"],
        p["channel"],
        lookupd_poll_interval=1000,
        connection_options=options(p),
        **where,
    )
    for connection in reader.connections:  # the reader itself leaves RDY at 1
        await connection.rdy(p["maxInFlight"])
    return reader.messages()


async def consume(action, p):
    seen = Tally()
    done = asyncio.get_running_loop().create_future()
    handlers = set()

    async def handle(message):
        if action == "requeue" and message.attempts == 1:
            await message.req(p["delayMs"])
            return
        if action == "timeout" and message.attempts == 1:
            return
        if action == "touch":
            for _ in range(p["holdMs"] // p["touchMs"]):
                await asyncio.sleep(p["touchMs"] / 1000)
                await message.touch()
        await message.fin()
        if seen.finish(p["count"]) and not done.done():
            done.set_result(None)

    async def read():
        async for message in await messages_of(p):
            seen.add(message.body, message.attempts)
            if action == "touch":
                handlers.add(asyncio.create_task(handle(message)))
            else:
                await handle(message)

    reading = asyncio.create_task(read())
    await asyncio.wait([reading, done], return_when=asyncio.FIRST_COMPLETED)
    if not done.done():
        await reading
        raise RuntimeError("the messages ended")
    return seen.result()


async def main():
    action, p = arguments()
    try:
        say(await (produce if action in ("publish", "mpub", "defer", "persist") else consume)(action, p))
    except Exception as error:  # whatever the library throws is the result
        fail(error)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    on_stdin_end(lambda: loop.call_soon_threadsafe(ended.set))
    await ended.wait()


asyncio.run(main())
