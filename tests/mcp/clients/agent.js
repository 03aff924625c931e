// An agent by the official SDK from npm: lists, calls, is refused, plans, confirms, and connects again.
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const [url, identifier, secret, program, dataDir] = process.argv.slice(2);
const text = (result) => result.content[0].text;

async function connect(transport) {
  const client = new Client({ name: 'npm-agent', version: '1.0.0' });
  await client.connect(transport);
  return client;
}

const http = () => new StreamableHTTPClientTransport(new URL(url), {
  requestInit: { headers: { Authorization: `Bearer ${identifier}:${secret}` } },
});

async function drive(client, key) {
  const { tools } = await client.listTools();
  assert(tools.some((tool) => tool.name === 'GetClients') && tools.some((tool) => tool.name === 'plan'));
  const credits = await client.callTool({ name: 'GetCredits', arguments: { clientid: 1 } });
  assert.equal(typeof JSON.parse(text(credits)).totalresults, 'number');
  const refused = await client.callTool({ name: 'DeleteClient', arguments: { clientid: 1, idempotencykey: key } });
  assert(refused.isError && text(refused).includes('plan_needed'), text(refused));
  const { prompts } = await client.listPrompts();
  assert.equal(prompts.length, 3);
  const call = { action: 'AddCredit', arguments: { clientid: 1, amount: '1.00', description: key } };
  const plan = JSON.parse(text(await client.callTool({ name: 'plan', arguments: call })));
  return { ...call, digest: plan.digest };
}

const first = await connect(http());
const confirm = await drive(first, 'http');
await first.close();
// Connected again, the plan is still there; a repetition changes nothing.
const second = await connect(http());
const done = await second.callTool({ name: 'confirm', arguments: confirm });
assert(!done.isError, text(done));
assert.equal(text(await second.callTool({ name: 'confirm', arguments: confirm })), text(done));
await second.close();
await assert.rejects(connect(new StreamableHTTPClientTransport(new URL(url), {
  requestInit: { headers: { Authorization: `Bearer ${identifier}:wrong` } },
})));
if (program) {
  const stdio = await connect(new StdioClientTransport({
    command: program,
    args: ['--data-dir', dataDir, 'mcp', '--identifier', identifier, '--secret', secret],
  }));
  await drive(stdio, 'stdio');
  await stdio.close();
}
console.log('npm: done');
