"""A client from PyPI, unmodified, against the demo: paging to the end, PHP's arrays, and its own exceptions."""

import sys

from whmcspy import WHMCS, exceptions

endpoint, identifier, secret = sys.argv[1:]
client = WHMCS(endpoint, identifier, secret)

pages = list(client.paginated_call("GetInvoices", limitnum=3))
invoices = [invoice["id"] for page in pages for invoice in page["invoices"]["invoice"]]
assert len(invoices) == len(set(invoices)) == pages[0]["totalresults"] > 3, invoices
print("paging to the end ... ok")

products = client.call("GetProducts", pid=[1, 2])["products"]["product"]
assert [product["pid"] for product in products] == [1, 2], products
print("lists ... ok")

try:
    client.call("GetCredits", clientid=9999)
    raise AssertionError("an error was not raised")
except exceptions.Error as error:
    assert str(error) == "Client ID Not Found", error
try:
    WHMCS(endpoint, identifier, "wrong").call("GetCredits", clientid=1)
    raise AssertionError("an error was not raised")
except exceptions.MissingPermission as error:
    assert str(error) == "Authentication Failed", error
print("errors ... ok")
domain = client.call("GetClientsDomains", domainid=18)["domains"]["domain"][0]
client.call("DomainRenew", domainid=18, regperiod=1)
renewed = client.call("GetClientsDomains", domainid=18)["domains"]["domain"][0]
assert int(renewed["expirydate"][:4]) == int(domain["expirydate"][:4]) + 1, renewed
client.call("DomainUpdateLockingStatus", domainid=18, lockstatus=False)
assert client.call("DomainGetLockingStatus", domainid=18)["lockstatus"] == "unlocked"
xml = "<contactdetails><Registrant><First_Name>Jo</First_Name></Registrant></contactdetails>"
client.call("DomainUpdateWhoisInfo", domainid=18, xml=xml)
assert client.call("DomainGetWhoisInfo", domainid=18)["Registrant"]["First_Name"] == "Jo"
assert client.call("DomainRequestEPP", domainid=18)["eppcode"]
print("a domain at its registrar ... ok")
print("4 passed, 0 failed")
