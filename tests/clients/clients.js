// Clients from the npm registry, unmodified, against the demo.
const assert = require('assert')
const [endpoint, identifier, secret] = process.argv.slice(2)

// whmcs-js: POST, identifier and secret, JSON.
async function whmcsJs () {
  const { Billing } = require('whmcs-js')
  const client = new Billing({ serverUrl: endpoint, identifier, secret })
  const credits = await client.callApi({ action: 'GetCredits', clientid: 1 })
  assert.strictEqual(credits.result, 'success')
  assert(Array.isArray(credits.credits.credit))
  const denied = await new Billing({ serverUrl: endpoint, identifier, secret: 'wrong' }).callApi({ action: 'GetCredits' })
  assert.deepStrictEqual(denied, { result: 'error', message: 'Authentication Failed' })
}

// whmcs: POST, the pair as username and password, and an access key without effect here.
async function whmcs () {
  const WHMCS = require('whmcs')
  const client = new WHMCS({ serverUrl: endpoint, username: identifier, password: secret, apiKey: '' })
  const call = body => new Promise((resolve, reject) =>
    client.utils.modem({ client: { config: client.config }, body }, (error, data) => error ? reject(error) : resolve(data)))
  const invoice = await call({ action: 'getinvoice', invoiceid: 66 })
  assert.strictEqual(invoice.total, '14.75')
  await assert.rejects(call({ action: 'getinvoice', invoiceid: 9999 }), /WHMCS Error \(200\): Invoice ID Not Found/)
}

// whmcs-api: GET, everything in the query string.
async function whmcsApi () {
  const WHMCS = require('whmcs-api')
  const client = new WHMCS({ endpoint, username: identifier, password: secret, responsetype: 'json' })
  const products = await client.call('GetProducts', { pid: 1 })
  assert.strictEqual(products.products.product[0].name, 'Starter')
  await assert.rejects(client.call('AddPromotion', {}), /"addpromotion" is not a valid API action/)
}

// whmcs-js: a domain from its order to its name servers.
async function domain () {
  const { Billing } = require('whmcs-js')
  const client = new Billing({ serverUrl: endpoint, identifier, secret })
  const done = async parameters => {
    const reply = await client.callApi(parameters)
    assert.strictEqual(reply.result, 'success', JSON.stringify(reply))
    return reply
  }
  const name = `round-trip-${Date.now()}.com`
  const order = await done({ action: 'AddOrder', clientid: 2, paymentmethod: 'stripe', domain: name, domaintype: 'register', regperiod: 1 })
  const domainid = order.domainids
  await done({ action: 'DomainRegister', domainid })
  await done({ action: 'DomainUpdateNameservers', domainid, ns1: 'ns1.example.net', ns2: 'ns2.example.net' })
  const { ns1, ns2 } = await done({ action: 'DomainGetNameservers', domainid })
  assert.deepStrictEqual([ns1, ns2], ['ns1.example.net', 'ns2.example.net'])
  const refused = await client.callApi({ action: 'DomainRegister', domainid })
  assert.deepStrictEqual(refused, { result: 'error', message: `${name} is registered already` })
}

// xml2js, with which clients read XML: a list of one and of more.
async function xml () {
  const { parseStringPromise } = require('xml2js')
  const form = new URLSearchParams({ identifier, secret, action: 'GetProductsGroups', responsetype: 'xml' })
  const reply = await fetch(endpoint, { method: 'POST', body: form })
  assert.match(reply.headers.get('content-type'), /^application\/xml/)
  const parsed = await parseStringPromise(await reply.text(), { explicitArray: false })
  assert.strictEqual(parsed.whmcsapi.action, 'getproductsgroups')
  assert.deepStrictEqual(parsed.whmcsapi.groups.group.map(group => group.name), ['Web Hosting - Linux', 'Virtual Servers', 'Services'])
}

// FormData, which is multipart.
async function multipart () {
  const form = new FormData()
  for (const [name, value] of Object.entries({ identifier, secret, action: 'GetProducts', 'pid[]': '2', responsetype: 'json' })) form.append(name, value)
  const reply = await (await fetch(endpoint, { method: 'POST', body: form })).json()
  assert.strictEqual(reply.products.product[0].name, 'Business')
}

async function main () {
  const tests = { whmcsJs, whmcs, whmcsApi, domain, xml, multipart }
  for (const [name, test] of Object.entries(tests)) {
    await test()
    console.log(`${name} ... ok`)
  }
  console.log(`${Object.keys(tests).length} passed, 0 failed`)
}

main().catch(error => { console.error(error); process.exit(1) })
