"""Programs of FOSSBilling's API as they are found: keys with JSON and pages in the query, and a shop with a session."""

import sys

import requests

address = sys.argv[1]
ADMIN = ("admin", "DemoAdminKey00000000000000000001")


def call(method, parameters=None, auth=ADMIN, session=requests, **options):
    answer = session.post(f"{address}/api/{method}", json=parameters or {}, auth=auth, **options).json()
    if answer["error"] is not None:
        raise RuntimeError(f"{answer['error']['code']} {answer['error']['message']}")
    return answer["result"]


# As bots and dashboards do: JSON with a key, and the page in the query.
first = call("admin/client/get_list", params={"page": 1, "per_page": 2})
second = call("admin/client/get_list", params={"page": 2, "per_page": 2})
assert first["pages"] == second["pages"] > 1, first
assert not {client["id"] for client in first["list"]} & {client["id"] for client in second["list"]}
order = call("admin/order/create", {"client_id": 1, "product_id": 2, "period": "1M"})
assert call("admin/order/activate", {"id": order}) is True
assert call("admin/order/get", {"id": order})["status"] == "active"
print("keys, pages and orders ... ok")

# As scripts do that find errors by their texts.
for method, parameters, said in [
    ("admin/client/get", {"id": 9999}, "not found"),
    ("admin/client/nosuch", {}, "does not exist"),
]:
    try:
        call(method, parameters)
        raise AssertionError("an error was not raised")
    except RuntimeError as error:
        assert said in str(error), error
try:
    call("admin/client/get_list", auth=("admin", "wrong"))
    raise AssertionError("an error was not raised")
except RuntimeError as error:
    assert str(error) == "205 Authentication Failed", error
print("errors ... ok")

# As the storefront does: a cart, a sign-up, and an order, with cookies and the token that scripts read.
shop = requests.Session()
domain = {"action": "register", "register_sld": "storefront", "register_tld": ".com", "register_years": 1}
assert call("guest/cart/add_item", {"id": 2, "period": "1Y", "domain": domain}, None, shop) is True
assert call("guest/cart/apply_promo", {"promocode": "WELCOME20"}, None, shop) is True
cart = call("guest/cart/get", None, None, shop)
assert len(cart["items"]) == 2 and cart["discount"] > 0, cart
person = {
    "email": "storefront@example.com",
    "first_name": "Store",
    "password": "Testing123",
    "password_confirm": "Testing123",
}
client = call("guest/client/create", person, None, shop)
assert shop.post(f"{address}/api/client/cart/checkout").status_code == 403
shop.headers["X-CSRF-TOKEN"] = shop.cookies["csrf_token"]
placed = call("client/cart/checkout", None, None, shop)
invoice = call("client/invoice/get", {"hash": placed["invoice_hash"]}, None, shop)
assert invoice["client_id"] == client and invoice["subtotal"] == cart["total"], invoice
assert len(call("client/order/get_list", None, None, shop)["list"]) == 2
assert call("client/profile/logout", None, None, shop) is True
assert shop.post(f"{address}/api/client/profile/get").status_code == 401
print("a session from the cart to the order ... ok")
print("3 passed, 0 failed")
