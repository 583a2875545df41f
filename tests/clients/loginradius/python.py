"""LoginRadius's SDK for Python, 11.x, by its generic request, and requests, as back-ends use it."""

import os

import requests
from LoginRadius import LoginRadius

URL = os.environ["USHER_URL"]
KEY, SECRET = os.environ["USHER_KEY_ID"], os.environ["USHER_KEY_SECRET"]
INVITER = os.environ["USHER_INVITER"]
ROOT = "v2/manage"

LoginRadius.API_KEY, LoginRadius.API_SECRET = KEY, SECRET
LoginRadius.CUSTOM_DOMAIN = f"{URL}/"
LoginRadius.LIBRARY = "requests"
_sdk = LoginRadius()
_passed = 0


def by_sdk(method, path, query=None, body=None):
    query = {"apiKey": KEY, "apiSecret": SECRET, **(query or {})}
    return _sdk.execute(method, path, query, body)


def by_requests(method, path, query=None, body=None):
    headers = {"X-LoginRadius-ApiKey": KEY, "X-LoginRadius-ApiSecret": SECRET}
    answer = requests.request(method, f"{URL}/{path}", params=query, json=body, headers=headers)
    assert answer.ok == ("ErrorCode" not in answer.json()), answer.text
    return answer.json()


def passed(name):
    global _passed
    _passed += 1
    print("ok", name, flush=True)


def good(answer):
    assert "ErrorCode" not in answer, answer
    return answer


def refused(code, answer):
    assert answer.get("ErrorCode") == code and answer["Message"] and answer["Description"], answer


def steps(name, call):
    organization = good(call("POST", f"{ROOT}/organizations", None, {"Name": f"Équipe {name}"}))
    place = organization["Id"]
    assert organization in good(call("GET", f"{ROOT}/organizations"))["Data"]
    policy = {"MFAPolicy": {"EnforcementMode": "force"}}
    changed = good(call("PUT", f"{ROOT}/organizations/{place}/policy", None, policy))
    assert changed["Policies"]["MFAPolicy"] == policy["MFAPolicy"]
    passed(f"{name} makes an organization")

    role = good(call("POST", f"{ROOT}/roles", None, {"Name": f"Editor by {name}"}))["Id"]
    refused(8123, call("POST", f"{ROOT}/roles", None, {"Name": f"Editor by {name}"}))
    passed(f"{name} makes a role")

    body = {
        "email": f"{name}@example.org", "roleIds": [role], "orgId": place, "inviterUid": INVITER,
    }  # fmt: skip
    sent = good(call("POST", f"{ROOT}/invitations", None, body))
    assert (sent["Status"], sent["InviterUid"]) == ("invited", INVITER)
    refused(8118, call("POST", f"{ROOT}/invitations", None, {**body, "orgId": "org_None"}))
    refused(7914, call("POST", f"{ROOT}/invitations"))
    there = {"invitation_url": "https://evil.example/"}
    refused(1249, call("POST", f"{ROOT}/invitations", there, body))
    passed(f"{name} invites")

    one = f"{ROOT}/invitations/{sent['Id']}"
    assert good(call("GET", f"{ROOT}/invitations", {"orgid": place}))["Data"] == [sent]
    assert good(call("GET", one)) == sent
    refused(8169, call("GET", f"{ROOT}/invitations/inv_none"))
    passed(f"{name} lists and reads")

    assert good(call("PUT", one, None, {"RoleIds": []}))["RoleIds"] == []
    good(call("PUT", one))
    passed(f"{name} updates")

    assert good(call("POST", f"{one}/resend")) == {"Resent": True}
    passed(f"{name} resends")

    assert good(call("DELETE", one))["Id"] == sent["Id"]
    refused(8169, call("GET", one))
    passed(f"{name} deletes")

    account = f"{ROOT}//account/{INVITER}/orgcontext/{place}"
    good(call("PUT", f"{account}/roles", None, {"RoleIds": [role]}))
    refused(8130, call("PUT", f"{account}/roles", None, {"RoleIds": [role]}))
    rows = good(call("GET", f"{ROOT}/organizations/{place}/orgcontext"))["Data"]
    assert (rows[0]["UserId"], rows[0]["Roles"]) == (INVITER, [role])
    assert good(call("DELETE", account)) == {"IsDeleted": True}
    passed(f"{name} adds and removes a member")


steps("sdk", by_sdk)
steps("requests", by_requests)
print(f"{_passed} passed, 0 failed", flush=True)
