// LoginRadius's SDK for Node.js, 11.x, by its generic request, and axios, as back-ends use it.

const assert = require("node:assert");
const http = require("node:http");
const https = require("node:https");

const { USHER_URL, USHER_KEY_ID, USHER_KEY_SECRET, USHER_INVITER } = process.env;
const { hostname, port } = new URL(USHER_URL);

// The SDK speaks HTTPS alone; here the server has no certificate.
https.request = (options, told) => http.request({ ...options, hostname, port }, told);
const lr = { apiDomain: hostname, apiKey: USHER_KEY_ID, apiSecret: USHER_KEY_SECRET };
require("loginradius-sdk")(lr);
const axios = require("axios").create({ baseURL: USHER_URL });

const keyed = (query) => ({ apiKey: USHER_KEY_ID, apiSecret: USHER_KEY_SECRET, ...query });
const bySdk = (method, path, query, body) =>
  lr.request(method, path, keyed(query), body ?? null);
const byAxios = (method, path, query, data) => {
  const params = { ...query, apikey: USHER_KEY_ID, apisecret: USHER_KEY_SECRET };
  const wrong = (error) => Promise.reject(error.response.data);
  return axios.request({ method, url: path, params, data }).then((it) => it.data, wrong);
};

let passed = 0;
const step = async (name, run) => {
  await run();
  passed += 1;
  process.stdout.write(`ok ${name}\n`);
};
const refused = (code, call) =>
  assert.rejects(call, (it) => it.ErrorCode === code && Boolean(it.Message && it.Description));

async function steps(name, call) {
  const root = "v2/manage";
  let organization, role, sent;
  await step(`${name} makes an organization`, async () => {
    organization = await call("POST", `${root}/organizations`, {}, { Name: `Team of ${name}` });
    const { Data } = await call("GET", `${root}/organizations`, {});
    assert(Data.some((it) => it.Id === organization.Id));
  });
  await step(`${name} makes a role`, async () => {
    role = await call("POST", `${root}/roles`, {}, { Name: `Editor by ${name}` });
    await refused(8123, call("POST", `${root}/roles`, {}, { Name: `Editor by ${name}` }));
    assert.equal((await call("GET", `${root}/roles/${role.Id}`, {})).OriginalName, role.Name);
  });
  await step(`${name} invites`, async () => {
    const who = { Email: `${name}@example.org`, RoleIds: [role.Id], InviterUid: USHER_INVITER };
    const body = { ...who, OrgId: organization.Id };
    sent = await call("POST", `${root}/invitations`, {}, body);
    assert.equal(sent.Status, "invited");
    assert.equal(sent.InviterUid, USHER_INVITER);
    await refused(8118, call("POST", `${root}/invitations`, {}, { ...body, OrgId: "org_None" }));
    await refused(7914, call("POST", `${root}/invitations`, {}, { OrgId: organization.Id }));
    const there = { invitation_url: "https://evil.example/" };
    await refused(1249, call("POST", `${root}/invitations`, there, body));
  });
  await step(`${name} lists and reads`, async () => {
    const { Data } = await call("GET", `${root}/invitations`, { orgid: organization.Id });
    assert.deepEqual(Data, [sent]);
    assert.deepEqual(await call("GET", `${root}/invitations/${sent.Id}`, {}), sent);
    await refused(8169, call("GET", `${root}/invitations/inv_none`, {}));
  });
  await step(`${name} updates`, async () => {
    const changed = await call("PUT", `${root}/invitations/${sent.Id}`, {}, { RoleIds: [] });
    assert.deepEqual(changed.RoleIds, []);
    await call("PUT", `${root}/invitations/${sent.Id}`, {}, {});
  });
  await step(`${name} resends`, async () => {
    const resent = await call("POST", `${root}/invitations/${sent.Id}/resend`, {});
    assert.deepEqual(resent, { Resent: true });
  });
  await step(`${name} deletes`, async () => {
    assert.equal((await call("DELETE", `${root}/invitations/${sent.Id}`, {})).Id, sent.Id);
    await refused(8169, call("GET", `${root}/invitations/${sent.Id}`, {}));
  });
  await step(`${name} adds and removes a member`, async () => {
    const account = `${root}//account/${USHER_INVITER}/orgcontext/${organization.Id}`;
    const roles = { RoleIds: [role.Id] };
    await call("PUT", `${account}/roles`, {}, roles);
    await refused(8130, call("PUT", `${account}/roles`, {}, roles));
    const path = `${root}/organizations/${organization.Id}/orgcontext`;
    const { Data } = await call("GET", path, {});
    assert.deepEqual([Data[0].UserId, Data[0].Roles], [USHER_INVITER, [role.Id]]);
    assert.deepEqual(await call("DELETE", account, {}), { IsDeleted: true });
  });
}

async function main() {
  await steps("sdk", bySdk);
  await steps("axios", byAxios);
  await step("a body that is cut short spoils no more than itself", async () => {
    const body = { Name: "Zoë" };
    await refused(7914, bySdk("POST", "v2/manage/organizations", {}, body));
    await bySdk("GET", "v2/manage/organizations", {});
  });
  process.stdout.write(`${passed} passed, 0 failed\n`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
