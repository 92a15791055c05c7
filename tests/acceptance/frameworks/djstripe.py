"""dj-stripe's tables filled with Stripe's objects, some with a whole object where others have its id."""

from __future__ import annotations

from stagecopy.model.server import Address
from tests.acceptance.frameworks.django import Django

APP = "djstripe"
_FILL = """
from django.contrib.auth.models import User
from django.utils import timezone
from djstripe import models as m

hidden = []
now = 1767225600
m.APIKey.objects.create(id="mk_1", type="secret", name="shop", secret="sk_live_" + "51Zz" * 8, livemode=True)
hidden.append("sk_live_" + "51Zz" * 8)
product = m.Product.objects.create(
    id="prod_gold", name="Gold membership", stripe_data={"id": "prod_gold", "name": "Gold membership"})
price_data = {"id": "price_gold", "object": "price", "unit_amount": 4900, "nickname": "gold monthly",
              "recurring": {"interval": "month"}, "metadata": {"sold_by": people[0]["email"]}}
price = m.Price.objects.create(
    id="price_gold", product=product, active=True, currency="eur", nickname="gold monthly",
    stripe_data={**price_data, "metadata": {}})
endpoint = m.WebhookEndpoint.objects.create(
    id="we_1", api_version="2024-06-20", enabled_events=["*"], secret="whsec_" + "q7Xw" * 8, status="enabled",
    url="https://canary-nest.test/hooks", stripe_data={"id": "we_1"})
hidden.append("whsec_" + "q7Xw" * 8)
for number, person in enumerate(people, 1):
    user = User.objects.create_user(person["username"], person["email"])
    address = {"line1": person["street"], "line2": None, "city": person["city"], "postal_code": person["postcode"],
               "state": "Zobbleshire", "country": "DE"}
    details = {"name": person["name"], "email": person["email"], "phone": person["phone"], "address": address}
    finger = f"fP{number}kq8WvLm2Rt5Z"[:16]
    card = {"brand": "visa", "country": "DE", "exp_month": 4, "exp_year": 2031, "fingerprint": finger,
            "funding": "credit", "last4": f"77{number}4", "checks": {"cvc_check": "pass"}}
    hidden += [finger, f"pi_{number}_secret_{person['secret']}"]
    method = m.DjstripePaymentMethod.objects.create(id=f"card_{number}", type="card")
    source = {"id": f"card_{number}", "object": "card", "name": person["name"], "customer": f"cus_{number}",
              "address_line1": person["street"], "address_zip": person["postcode"], **card}
    customer = m.Customer.objects.create(
        id=f"cus_{number}", livemode=True, email=person["email"], subscriber=user,
        metadata={"djstripe_subscriber": str(user.pk), "nick": person["username"]},
        stripe_data={
            "id": f"cus_{number}", "object": "customer", "balance": -250, "currency": "eur", "created": now,
            "default_source": source, "delinquent": False, "description": f"met {person['name']} in {person['city']}",
            "invoice_settings": {"custom_fields": [{"name": "VAT", "value": person["uid"]}]}, "metadata": {},
            "preferred_locales": ["de"], "shipping": {k: details[k] for k in ("name", "phone", "address")}, **details,
            "sources": {"object": "list", "data": [source]}})
    m.Card.objects.create(id=f"card_{number}", fingerprint=finger, stripe_data=source)
    m.BankAccount.objects.create(
        id=f"ba_{number}", fingerprint=finger[::-1],
        stripe_data={"id": f"ba_{number}", "account_holder_name": person["name"], "last4": f"88{number}9",
                     "routing_number": "110000000", "status": "verified"})
    hidden.append(finger[::-1])
    customer.default_payment_method = paying = m.PaymentMethod.objects.create(
        id=f"pm_{number}", customer=customer,
        stripe_data={"id": f"pm_{number}", "type": "card", "card": card, "billing_details": details,
                     "customer": f"cus_{number}"})
    customer.save()
    intent = m.PaymentIntent.objects.create(
        id=f"pi_{number}", customer=customer,
        stripe_data={"id": f"pi_{number}", "amount": 4900, "status": "succeeded", "receipt_email": person["email"],
                     "client_secret": f"pi_{number}_secret_{person['secret']}", "customer": customer.stripe_data})
    subscription = m.Subscription.objects.create(
        id=f"sub_{number}", customer=customer,
        stripe_data={"id": f"sub_{number}", "status": "active", "customer": f"cus_{number}",
                     "current_period_end": now + 2592000, "cancel_at_period_end": False, "plan": price_data,
                     "items": {"object": "list", "data": [{"id": f"si_{number}", "quantity": 3, "price": price_data,
                                                           "metadata": {"seat": person["email"]}}]},
                     "metadata": {"by": person["email"]}})
    invoice = m.Invoice.objects.create(
        id=f"in_{number}", customer=customer, subscription=subscription,
        stripe_data={"id": f"in_{number}", "number": f"ZQ{person['uid']}-0001", "total": 4900, "amount_due": 4900,
                     "status": "paid", "customer_name": person["name"], "customer_email": person["email"],
                     "customer_phone": person["phone"], "customer_address": address, "customer": f"cus_{number}",
                     "hosted_invoice_url": f"https://pay.test/{person['uid']}", "footer": f"Dear {person['first']}",
                     "lines": {"data": [{"id": f"il_{number}", "amount": 4900, "description": person["email"]}]}})
    charge = m.Charge.objects.create(
        id=f"ch_{number}", amount=49, currency="eur", status="succeeded", customer=customer, source=method,
        invoice=invoice, payment_intent=intent,
        stripe_data={"id": f"ch_{number}", "amount": 4900, "paid": True, "status": "succeeded",
                     "customer": f"cus_{number}", "billing_details": details,
                     "payment_method_details": {"type": "card", "card": card},
                     "receipt_url": f"https://pay.test/r/{person['uid']}", "receipt_email": person["email"],
                     "outcome": {"seller_message": person["name"]}, "fraud_details": {}})
    m.Refund.objects.create(id=f"re_{number}", amount=100, currency="eur", charge=charge,
        stripe_data={"id": f"re_{number}", "status": "succeeded", "reason": "requested_by_customer"})
    m.TaxId.objects.create(id=f"txi_{number}", customer=customer,
        stripe_data={"id": f"txi_{number}", "value": f"DE{person['uid']}", "type": "eu_vat",
                     "verification": {"verified_name": person["name"], "verified_address": person["street"]}})
    m.Mandate.objects.create(id=f"mandate_{number}", payment_method=paying,
        stripe_data={"id": f"mandate_{number}", "customer_acceptance": {
            "online": {"ip_address": person["ip"], "user_agent": person["agent"]}}})
    event = m.Event.objects.create(
        id=f"evt_{number}", api_version="2024-06-20", type="customer.updated", idempotency_key=person["secret"],
        request_id=f"req_{number}", data={"object": customer.stripe_data}, stripe_data={"id": f"evt_{number}"})
    m.WebhookEventTrigger.objects.create(
        remote_ip=person["ip"], headers={"User-Agent": person["agent"]}, body=json.dumps(customer.stripe_data),
        event=event, webhook_endpoint=endpoint, valid=True, processed=True)
    m.IdempotencyKey.objects.create(action=f"customer:create:{person['uid']}", livemode=True)
print(json.dumps(hidden))
"""
_READ = """
from djstripe import models as m
customers = list(m.Customer.objects.order_by("djstripe_id"))
print(json.dumps({
    "customers": [[each.id, each.stripe_data["balance"], each.stripe_data["default_source"]["id"],
                   each.email == each.stripe_data["email"], each.name != ""] for each in customers],
    "subscribed": [each.subscriptions.get().stripe_data["items"]["data"][0]["price"]["unit_amount"]
                   * each.subscriptions.get().stripe_data["items"]["data"][0]["quantity"] for each in customers],
    "paid": [[str(each.amount), each.status, each.invoice.total, each.customer.email != "", each.last4]
             for each in m.Charge.objects.order_by("djstripe_id") for each.last4 in [
                 each.stripe_data["payment_method_details"]["card"]["last4"]]],
    "product": m.Price.objects.get().product.name,
    "cards": [[each.stripe_data["last4"], each.stripe_data["brand"]] for each in m.Card.objects.all()],
}))
"""


class DjStripe(Django):
    """One project."""

    def fill(self) -> str:
        """Customers with cards, subscriptions, invoices and charges; says what else is secret."""
        return self.python(_FILL, apps=APP)

    def read(self, at: Address) -> str:
        """What dj-stripe makes of a copy."""
        return self.python(_READ, at, apps=APP)
