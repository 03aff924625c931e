"""An agent by the official SDK from PyPI: lists, calls, is refused, plans, confirms, repeats."""
import asyncio
import json
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client
from mcp.types import ElicitResult

url, identifier, secret, program, settings = sys.argv[1:6]


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
    await ask_a_person()
    print("PyPI: done")


async def ask_a_person():
    """Over standard input, a person is asked before a plan is carried out."""
    answers = ["decline", "accept"]
    asked = []

    async def person(_context, params):
        asked.append(params.message)
        action = answers.pop(0)
        return ElicitResult(action=action, content={"confirm": True} if action == "accept" else None)

    environment = {"WHMCS_AGENT_IDENTIFIER": identifier, "WHMCS_AGENT_SECRET": secret}
    server = StdioServerParameters(command=program, args=["--data-dir", settings, "mcp"], env=environment)
    async with stdio_client(server) as (read, write):
        async with ClientSession(read, write, elicitation_callback=person) as session:
            await session.initialize()
            call = {"action": "AddCredit", "arguments": {"clientid": 1, "amount": "3.00", "description": "asked"}}
            plan = json.loads(text(await session.call_tool("plan", call)))
            confirm = {**call, "digest": plan["digest"]}
            declined = await session.call_tool("confirm", confirm)
            assert declined.isError and "has declined" in text(declined), text(declined)
            done = text(await session.call_tool("confirm", confirm))
            assert "newbalance" in done, done
            assert len(asked) == 2 and "3.00 changes in the books" in asked[0], asked


asyncio.run(main())
