// SailPoint's SDK for TypeScript, 1.x: paths below the year, /v2024/identities, and below /beta.

const sdk = require("sailpoint-api-client");

const UNREGISTERED = process.env.USHER_UNREGISTERED.split(",");
const REGISTERED = process.env.USHER_REGISTERED.split(",");
// As long as a real one, and nobody's.
const UNKNOWN = "00eebcf881994e419d72e757fd30dc0e";

// What the specification has in every status; all but the last row may be null.
const STATUS_KEYS = [
  ...["parentName", "launched", "completed", "completionStatus", "progress"],
  ...["id", "type", "uniqueName", "description", "launcher", "created", "modified", "messages"],
  ...["returns", "attributes", "percentComplete"],
];
const NULLABLE = STATUS_KEYS.slice(0, 5);

class Violated extends Error {}

let passed = 0;

const tell = (line) => process.stdout.write(`${line}\n`);
// The SDK tells of each page and of each call of something experimental.
console.log = () => {};

async function step(name, run) {
  try {
    const result = await run();
    passed += 1;
    tell(`ok ${name}`);
    return result;
  } catch (error) {
    if (!(error instanceof Violated)) console.error(error.stack);
    console.error(`FAILED ${name}: ${error.message}`);
    const { config, response } = error;
    if (config) console.error(config.method, config.url, JSON.stringify(response?.data));
    tell(`${passed} passed, 1 failed`);
    process.exit(1);
  }
}

function holds(what, truth) {
  if (!truth) throw new Violated(what);
}

function equal(what, actual, expected) {
  const [is, should] = [actual, expected].map((it) => JSON.stringify(it));
  holds(`${what}: ${is} instead of ${should}`, is === should);
}

// The answer of the API that the call must be refused with.
async function refused(code, call) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    if (!error.isAxiosError || !error.response) throw error;
    equal("HTTP status", error.response.status, code);
    return error.response;
  }
  throw new Violated(`not refused with ${code}, but ${JSON.stringify(answer.data ?? answer)}`);
}

// A refusal says what is wrong, and what to ask about it.
async function explained(code, call) {
  const { data, headers } = await refused(code, call);
  holds(`detailCode of ${code}: ${data.detailCode}`, data.detailCode.startsWith(`${code}`));
  holds(`nothing is said: ${JSON.stringify(data)}`, data.messages[0].text);
  equal("slpt-request-id", headers["slpt-request-id"], data.trackingId);
}

// This SDK believes whatever it is sent, so the program looks for itself.
function status(task) {
  for (const key of STATUS_KEYS) {
    holds(`no ${key}: ${JSON.stringify(task)}`, key in task);
    holds(`${key} is null: ${JSON.stringify(task)}`, NULLABLE.includes(key) || task[key] !== null);
  }
  equal("type", task.type, "QUARTZ");
  for (const key of ["created", "modified", "launched", "completed"]) {
    const it = task[key];
    const canonical = it === null || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(it);
    holds(`${key} is ${it}`, canonical);
  }
  holds(`percentComplete is ${task.percentComplete}`, Number.isInteger(task.percentComplete));
  holds(`messages are ${task.messages}`, Array.isArray(task.messages));
  return task;
}

function accepted(answer) {
  equal("HTTP status", answer.status, 202);
  const task = status(answer.data);
  equal("a new task", [task.completionStatus, task.completed], [null, null]);
  return task;
}

function ended(task, how, problems) {
  equal("completionStatus", [task.completionStatus, task.messages.length], [how, problems]);
  for (const message of task.messages) {
    equal("type of a message", message.type, "ERROR");
    holds(`a message without a key: ${JSON.stringify(message)}`, message.key);
  }
}

function configured(name, more = {}) {
  const baseurl = more.baseurl ?? process.env.SAIL_BASE_URL;
  const configuration = new sdk.Configuration({
    baseurl,
    tokenUrl: `${baseurl}/oauth/token`,
    clientId: process.env[`USHER_${name}_ID`],
    clientSecret: process.env[`USHER_${name}_SECRET`],
    ...more,
  });
  return experimental(configuration);
}

// Without it the SDK refuses what sends the header.
function experimental(configuration) {
  configuration.experimental = true;
  return configuration;
}

const among = (ids) => `id in (${ids.map((it) => `"${it}"`).join(", ")})`;

// One version of the API, as one caller.
class Api {
  constructor(version, configuration) {
    this.version = version;
    this.identities = new sdk[`Identities${version}Api`](configuration);
    this.tasks = new sdk[`TaskManagement${version}Api`](configuration);
  }

  invite(request) {
    return this.identities.startIdentitiesInvite({
      [`inviteIdentitiesRequest${this.version}`]: request,
    });
  }

  clear(id) {
    const patch = [
      { op: "replace", path: "/completionStatus", value: "ERROR" },
      { op: "replace", path: "/completed", value: new Date().toISOString() },
    ];
    return this.tasks.updateTaskStatus({ id, [`jsonPatchOperation${this.version}`]: patch });
  }

  // Asks until the task is through, as real clients do: an omitted status would be the end.
  async completed(id) {
    const end = Date.now() + 60_000;
    while (Date.now() < end) {
      const task = status((await this.tasks.getTaskStatus({ id })).data);
      equal("id", task.id, id);
      if (task.completionStatus !== null) {
        holds(`no times: ${JSON.stringify(task)}`, task.launched && task.completed);
        equal("percentComplete", task.percentComplete, 100);
        return task;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Violated(`task ${id} is not through after a minute`);
  }

  async invited(ids, how = "SUCCESS", problems = 0) {
    const task = accepted(await this.invite({ ids }));
    ended(await this.completed(task.id), how, problems);
    return task;
  }

  async listed(filters) {
    const { data } = await this.tasks.getTaskStatusList({ filters, sorters: "created" });
    return data.map((it) => status(it).id);
  }

  async standing(id) {
    return (await this.identities.getIdentity({ id })).data.identityStatus;
  }
}

async function main() {
  const mine = await step("a token for the key in the environment", async () => {
    const configuration = experimental(new sdk.Configuration());
    holds("no access token", await configuration.accessToken);
    return configuration;
  });

  await step("no token for a wrong secret", async () => {
    try {
      await configured("NOBODY", { clientSecret: "wrong" }).accessToken;
    } catch (error) {
      holds(`another error: ${error.message}`, error.message.includes("status code 401"));
      return;
    }
    throw new Violated("there is a token");
  });

  const wrong = configured("NOBODY", { accessToken: "nonsense" });
  const nobodys = configured("NOBODY");
  const helpers = configured("HELPDESK");
  const idles = configured("IDLE", { baseurl: process.env.USHER_IDLE_URL });

  const people = [...UNREGISTERED];
  for (const version of ["Beta", "V2024"]) {
    const api = new Api(version, mine);
    const { identities, tasks } = api;
    const mates = people.splice(0, 3);
    const named = (name, run) => step(`${version}: ${name}`, run);

    await named("the identities, filtered, sorted and counted", async () => {
      const [filters, defaultFilter] = [among(mates), "NONE"];
      const query = { filters, defaultFilter, sorters: "-name", count: true, limit: 2 };
      const { data, headers } = await identities.listIdentities(query);
      equal("X-Total-Count", headers["x-total-count"], `${mates.length}`);
      equal("how many", data.length, 2);
      holds("they are not sorted", data[0].name.toLowerCase() > data[1].name.toLowerCase());
      const uncounted = await identities.listIdentities({ filters });
      equal("ids", uncounted.data.map((it) => it.id).sort(), [...mates].sort());
      equal("X-Total-Count", uncounted.headers["x-total-count"], undefined);
    });

    await named("the identities, page by page", async () => {
      // Here the limit is that of all pages together.
      const query = { filters: among(mates), sorters: "alias", limit: 100 };
      const all = await sdk.Paginator.paginate(identities, identities.listIdentities, query, 2);
      equal("ids", all.data.map((it) => it.id).sort(), [...mates].sort());
    });

    await named("an identity by its id", async () => {
      equal("identityStatus", await api.standing(mates[0]), "UNREGISTERED");
      await explained(404, () => identities.getIdentity({ id: UNKNOWN }));
    });

    await named("filters and sorters of identities that do not exist are refused", async () => {
      for (const filters of ['shoe eq "44"', 'id gt "1"', "id eq"]) {
        await explained(400, () => identities.listIdentities({ filters }));
      }
      await explained(400, () => identities.listIdentities({ sorters: "shoe" }));
    });

    let first, mixed, bad;
    await named("invitations, and who could not be invited", async () => {
      first = (await api.invited(mates.slice(0, 2))).id;
      equal("identityStatus", await api.standing(mates[0]), "PENDING");
      await api.invited([...mates.slice(0, 2), ...REGISTERED]);
      mixed = (await api.invited([mates[2], UNKNOWN], "WARNING", 1)).id;
      bad = (await api.invited([UNKNOWN, "nobody"], "ERROR", 2)).id;
    });

    await named("the tasks, filtered, sorted and counted", async () => {
      const query = { sorters: "-created", count: true, limit: 2 };
      const newest = await tasks.getTaskStatusList(query);
      equal("the newest two", newest.data.map((it) => status(it).id), [bad, mixed]);
      holds("X-Total-Count counts the page", newest.headers["x-total-count"] > 2);
      const second = await tasks.getTaskStatusList({ sorters: "-created", limit: 1, offset: 1 });
      equal("the second", second.data.map((it) => it.id), [mixed]);
      equal("X-Total-Count", second.headers["x-total-count"], undefined);
      const three = among([first, mixed, bad]);
      for (const [test, expected] of [
        [`id eq "${first}"`, [first]],
        [three, [first, mixed, bad]],
        [`${three} and completionStatus eq "Success"`, [first]],
        [`${three} and completionStatus in ("WARNING", "ERROR")`, [mixed, bad]],
        [`${three} and type eq "CLOUD_ACCOUNT_AGGREGATION"`, []],
        [`${three} and sourceId in ("${UNKNOWN}")`, []],
      ]) {
        equal(test, await api.listed(test), expected);
      }
    });

    await named("filters of tasks that this version does not have are refused", async () => {
      for (const test of ['shoe eq "44"', 'launcher eq "x"', "completionStatus isnull"]) {
        await explained(400, () => api.listed(test));
      }
      await explained(400, () => tasks.getTaskStatusList({ sorters: "id" }));
    });

    await named("a task that does not exist, and one that is not cleared", async () => {
      await explained(404, () => tasks.getTaskStatus({ id: UNKNOWN }));
      await explained(404, () => api.clear(UNKNOWN));
      await explained(400, () => api.clear(first));
    });

    await named("whom to invite must be clear", async () => {
      const both = { ids: mates, uninvited: true };
      for (const body of [{}, { ids: null }, { ids: [] }, { uninvited: false }, both]) {
        await explained(400, () => api.invite(body));
      }
    });

    await named("a wrong token, a key without a user, and the help desk", async () => {
      const stranger = new Api(version, wrong);
      for (const call of [
        () => stranger.identities.listIdentities(),
        () => stranger.invite({ ids: mates }),
        () => stranger.listed(`id eq "${first}"`),
      ]) {
        const { data } = await refused(401, call);
        holds(`no word of the token: ${JSON.stringify(data)}`, typeof data.error === "string");
      }
      const nobody = new Api(version, nobodys);
      for (const call of [
        () => nobody.identities.listIdentities(),
        () => nobody.invite({ ids: mates }),
        () => nobody.clear(first),
      ]) {
        await explained(403, call);
      }
      equal("ids", await nobody.listed(`id eq "${first}"`), [first]);
      const helper = new Api(version, helpers);
      const task = await helper.invited(mates);
      await explained(403, () => helper.clear(task.id));
    });

    await named("who is reset can be invited again", async () => {
      const identityId = REGISTERED[0];
      const reset = () => identities.resetIdentity({ identityId });
      // Here the SDK does not put the id into the path, but asks for somebody called {id}.
      if (version !== "Beta") return explained(404, reset);
      // A member first, and then somebody who is invited.
      for (const _ of ["member", "invited"]) {
        const answer = await reset();
        equal("the answer", [answer.status, answer.data], [202, ""]);
        equal("identityStatus", await api.standing(identityId), "UNREGISTERED");
        await api.invited([identityId]);
        equal("identityStatus", await api.standing(identityId), "PENDING");
      }
      await explained(404, () => identities.resetIdentity({ identityId: UNKNOWN }));
    });

    await named("a pending task is where this version has it, and is cleared once", async () => {
      const idle = new Api(version, idles);
      const { id } = accepted(await idle.invite({ ids: mates }));
      equal("listed", await idle.listed(`id eq "${id}"`), []);
      const pending = await idle.tasks.getPendingTasks({ count: true });
      equal("pending", pending.data.map((it) => status(it).id), [id]);
      const { headers } = await idle.tasks.getPendingTaskHeaders({ count: true });
      for (const it of [pending.headers, headers]) equal("count", it["x-total-count"], "1");
      const cleared = status((await idle.clear(id)).data);
      equal("completionStatus", cleared.completionStatus, "ERROR");
      holds("no time of completion", cleared.completed);
      // No content is as good as none in the list.
      equal("pending", [...(await idle.tasks.getPendingTasks()).data], []);
      equal("listed", await idle.listed(`id eq "${id}"`), [id]);
      await explained(400, () => idle.clear(id));
      equal("identityStatus", await idle.standing(mates[0]), "UNREGISTERED");
    });
  }

  await step("all who are uninvited are invited", async () => {
    const api = new Api("V2024", mine);
    const task = accepted(await api.invite({ uninvited: true }));
    ended(await api.completed(task.id), "SUCCESS", 0);
    const filters = 'cloudStatus eq "UNREGISTERED"';
    equal("left", (await api.identities.listIdentities({ filters })).data, []);
  });

  tell(`${passed} passed, 0 failed`);
}

main();
