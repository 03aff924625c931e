"""An agent by the official SDK from PyPI: lists, calls, is refused, plans, confirms, repeats."""
import asyncio
import json
import sys

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client

url, identifier, secret = sys.argv[1:4]


def text(result):
    return result.content[0].text


async def main():
    headers = {"Authorization": f"Bearer {identifier}:{secret}"}
    async with streamablehttp_client(url, headers=headers) as (read, write, *_):
        async with ClientSession(read, write) as session:
            await session.initialize()
            names = [tool.name for tool in (await session.list_tools()).tools]
            assert "GetClients" in names and "confirm" in names, names
            client = await session.call_tool("client_overview", {"clientid": 1})
            assert "client" in json.loads(text(client)), text(client)
            refused = await session.call_tool("GetCredits", {"clientid": 999999})
            assert "Next: " in text(refused), text(refused)
            call = {"action": "AddCredit", "arguments": {"clientid": 1, "amount": "2.00", "description": "from Python"}}
            plan = json.loads(text(await session.call_tool("plan", call)))
            confirm = {**call, "digest": plan["digest"]}
            done = text(await session.call_tool("confirm", confirm))
            assert "newbalance" in done, done
            assert text(await session.call_tool("confirm", confirm)) == done
            assert len((await session.list_prompts()).prompts) == 3
    print("PyPI: done")


asyncio.run(main())
