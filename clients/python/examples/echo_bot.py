"""Says everything again: KAIWA_URL, KAIWA_EMAIL and KAIWA_PASSWORD say where, and as whom."""

import asyncio
import os

from kaiwa import Client


async def main() -> None:  # noqa: D103
    async with Client(os.environ["KAIWA_URL"]) as client:
        await client.log_in(os.environ["KAIWA_EMAIL"], os.environ["KAIWA_PASSWORD"])
        await client.connect()
        async for event in client.events():
            message = event.get("message", {})
            if event["type"] == "message.created" and message["senderId"] != client.user_id and "text" in message:
                await client.send(message["chatId"], message["text"], reply_to=message["messageId"])


if __name__ == "__main__":
    asyncio.run(main())
