"""SailPoint's SDK for Python, 1.x: paths below the year, /v2024/identities, and below /beta."""

import contextlib
import io
import os

import sailpoint.beta
import sailpoint.v2024
import sailpoint.v2025
import sailpoint.v2026
from sailpoint.configuration import Configuration, ConfigurationParams

from steps import (
    REGISTERED,
    UNKNOWN,
    UNREGISTERED,
    completed,
    ended,
    equal,
    explained,
    finish,
    holds,
    refused,
    status,
    step,
    submitted,
    total,
    unauthorized,
)


class Api:
    """One version of the API, as one caller."""

    def __init__(self, version, configuration):
        client = version.ApiClient(configuration)
        self.version = version
        self.name = version.__name__.removeprefix("sailpoint.")
        self.tasks = version.TaskManagementApi(client)
        # That of 2026 came without the identities.
        if hasattr(version, "IdentitiesApi"):
            self.identities = version.IdentitiesApi(client)

    def refused(self, kind, call):
        """Every version has exceptions of its own."""
        exceptions = __import__(f"{self.version.__name__}.exceptions", fromlist=[kind])
        return refused(getattr(exceptions, kind), call)

    def invite(self, **fields):
        request = self.version.InviteIdentitiesRequest(**fields)
        return self.identities.start_identities_invite_with_http_info(request)

    def invited(self, ids, how="SUCCESS", problems=0):
        """Invites them and waits for the task."""
        task = submitted(self.invite(ids=ids))
        ended(completed(self.tasks.get_task_status_with_http_info, task.id), how, problems)
        return task

    def clear(self, id):
        value = self.version.JsonPatchOperation.model_fields["value"].annotation.__args__[0]
        operation = self.version.JsonPatchOperation
        patch = [
            # In this case the examples of the specification have it.
            operation(op="replace", path="/completionStatus", value=value("Error")),
            operation(op="replace", path="/completed", value=value("2024-05-17T19:33:16.470Z")),
        ]
        return self.tasks.update_task_status_with_http_info(id, patch)

    def listed(self, test):
        return [it.id for it in self.tasks.get_task_status_list(filters=test, sorters="created")]

    def standing(self, id):
        return self.identities.get_identity(id).identity_status


def configured(name, url=os.environ["SAIL_BASE_URL"], **more):
    params = ConfigurationParams()
    params.base_url = url
    params.client_id = os.environ[f"USHER_{name}_ID"]
    params.client_secret = os.environ[f"USHER_{name}_SECRET"]
    for key, value in more.items():
        setattr(params, key, value)
    return experimental(Configuration(params))


def experimental(configuration):
    """Without it the SDK refuses what sends the header, and with it warns of each."""
    configuration.experimental = True
    configuration.suppress_experimental_warnings = True
    return configuration


VERSIONS = [sailpoint.beta, sailpoint.v2024, sailpoint.v2025]

with step("a token for the key in the environment"):
    mine = experimental(Configuration())
    holds("no access token", mine.access_token)
    beta, v2024, v2025 = apis = [Api(version, mine) for version in VERSIONS]

with step("no token for a wrong secret"):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        denied = configured("NOBODY", client_secret="wrong")
    holds(printed.getvalue(), "Unauthorized when retrieving" in printed.getvalue())
    equal("access token", denied.access_token, None)

wrong = configured("NOBODY", access_token="nonsense")
nobodys = configured("NOBODY")
helpers = configured("HELPDESK")
idles = configured("IDLE", os.environ["USHER_IDLE_URL"])

people = list(UNREGISTERED)
for api in apis:
    identities, tasks = api.identities, api.tasks
    mates = [people.pop(0) for _ in range(3)]

    with step(f"{api.name}: the identities, filtered, sorted and counted"):
        among = "id in ({})".format(", ".join(f'"{id}"' for id in mates))
        answer = identities.list_identities_with_http_info(
            filters=among, sorters="-name", default_filter="NONE", count=True, limit=2
        )
        equal("X-Total-Count", total(answer), len(mates))
        equal("how many", len(answer.data), 2)
        names = [it.name for it in answer.data]
        equal("names", names, sorted(names, key=str.lower, reverse=True))
        uncounted = identities.list_identities_with_http_info(filters=among)
        equal("ids", {it.id for it in uncounted.data}, set(mates))
        equal("X-Total-Count", uncounted.headers.get("X-Total-Count"), None)

    with step(f"{api.name}: an identity by its id"):
        equal("identityStatus", api.standing(mates[0]), "UNREGISTERED")
        absent = lambda: identities.get_identity(UNKNOWN)
        explained(api.refused("NotFoundException", absent))

    with step(f"{api.name}: filters and sorters of identities that do not exist are refused"):
        for test in ('shoe eq "44"', 'id gt "1"', "id eq"):
            call = lambda: identities.list_identities(filters=test)
            explained(api.refused("BadRequestException", call))
        call = lambda: identities.list_identities(sorters="shoe")
        explained(api.refused("BadRequestException", call))

    with step(f"{api.name}: invitations, and who could not be invited"):
        first = api.invited(mates[:2])
        equal("identityStatus", api.standing(mates[0]), "PENDING")
        api.invited([*mates[:2], *REGISTERED])
        mixed = api.invited([mates[2], UNKNOWN], "WARNING", problems=1)
        bad = api.invited([UNKNOWN, "nobody"], "ERROR", problems=2)

    with step(f"{api.name}: the tasks, filtered, sorted and counted"):
        answer = tasks.get_task_status_list_with_http_info(sorters="-created", count=True, limit=2)
        equal("the newest two", [it.id for it in status(answer)], [bad.id, mixed.id])
        holds("X-Total-Count counts the page", total(answer) > 2)
        answer = tasks.get_task_status_list_with_http_info(sorters="-created", limit=1, offset=1)
        equal("the second", [it.id for it in status(answer)], [mixed.id])
        equal("X-Total-Count", answer.headers.get("X-Total-Count"), None)
        three = f'id in ("{first.id}", "{mixed.id}", "{bad.id}")'
        for test, expected in (
            (f'id eq "{first.id}"', [first]),
            (three, [first, mixed, bad]),
            (f'{three} and completionStatus eq "Success"', [first]),
            (f'{three} and completionStatus in ("WARNING", "ERROR")', [mixed, bad]),
            (f'{three} and type eq "CLOUD_ACCOUNT_AGGREGATION"', []),
            (f'{three} and sourceId in ("{UNKNOWN}")', []),
        ):
            equal(test, api.listed(test), [it.id for it in expected])

    with step(f"{api.name}: filters of tasks that this version does not have are refused"):
        foreign = ['shoe eq "44"', 'id sw "0"', f'launcher eq "{first.launcher}"']
        if api is v2025:
            equal("isnull", api.listed(f"{three} and completionStatus isnull"), [])
        else:
            foreign.append("completionStatus isnull")
        for test in foreign:
            explained(api.refused("BadRequestException", lambda: api.listed(test)))
        call = lambda: tasks.get_task_status_list(sorters="id")
        explained(api.refused("BadRequestException", call))

    with step(f"{api.name}: a task that does not exist, and one that is not cleared"):
        explained(api.refused("NotFoundException", lambda: tasks.get_task_status(UNKNOWN)))
        explained(api.refused("NotFoundException", lambda: api.clear(UNKNOWN)))
        explained(api.refused("BadRequestException", lambda: api.clear(first.id)))

    with step(f"{api.name}: whom to invite must be clear"):
        for fields in ({}, {"ids": None}, {"ids": []}, {"ids": mates, "uninvited": True}):
            explained(api.refused("BadRequestException", lambda: api.invite(**fields)))

    with step(f"{api.name}: a wrong token, a key without a user, and the help desk"):
        stranger = Api(api.version, wrong)
        for call in (
            lambda: stranger.identities.list_identities(),
            lambda: stranger.invite(ids=mates),
            lambda: stranger.listed(three),
        ):
            unauthorized(stranger.refused("UnauthorizedException", call))
        nobody = Api(api.version, nobodys)
        for call in (
            lambda: nobody.identities.list_identities(),
            lambda: nobody.invite(ids=mates),
            lambda: nobody.clear(first.id),
        ):
            explained(nobody.refused("ForbiddenException", call))
        equal("ids", nobody.listed(f'id eq "{first.id}"'), [first.id])
        helper = Api(api.version, helpers)
        task = helper.invited(mates[:2])
        explained(helper.refused("ForbiddenException", lambda: helper.clear(task.id)))

    with step(f"{api.name}: who is reset can be invited again"):
        reset = identities.reset_identity_with_http_info
        if api is beta:
            # A member first, and then somebody who is invited.
            for _ in range(2):
                answer = reset(REGISTERED[0])
                equal("the answer", (answer.status_code, answer.raw_data), (202, b""))
                equal("identityStatus", api.standing(REGISTERED[0]), "UNREGISTERED")
                api.invited(REGISTERED[:1])
                equal("identityStatus", api.standing(REGISTERED[0]), "PENDING")
            explained(api.refused("NotFoundException", lambda: reset(UNKNOWN)))
        else:
            # Here the SDK does not put the id into the path, but asks for somebody called {id}.
            explained(api.refused("NotFoundException", lambda: reset(REGISTERED[0])))

    with step(f"{api.name}: a pending task is where this version has it, and is cleared once"):
        idle = Api(api.version, idles)
        task = submitted(idle.invite(ids=mates[:2]))
        equal("listed", idle.listed(f'id eq "{task.id}"'), [task.id] if api is v2025 else [])
        if api is v2025:
            equal("isnull", idle.listed("completionStatus isnull"), [task.id])
        answer = idle.tasks.get_pending_tasks_with_http_info(count=True)
        equal("pending", [it.id for it in status(answer)], [task.id])
        equal("X-Total-Count", total(answer), 1)
        answer = idle.tasks.get_pending_task_headers_with_http_info(count=True)
        equal("X-Total-Count", total(answer), 1)
        answer = idle.clear(task.id)
        equal("HTTP status", answer.status_code, 200)
        cleared = status(answer)
        equal("completionStatus", cleared.completion_status, "ERROR")
        holds("no time of completion", cleared.completed)
        equal("pending", idle.tasks.get_pending_tasks() or [], [])
        equal("listed", idle.listed(f'id eq "{task.id}"'), [task.id])
        explained(idle.refused("BadRequestException", lambda: idle.clear(task.id)))
        equal("identityStatus", idle.standing(mates[0]), "UNREGISTERED")

with step("all who are uninvited are invited"):
    answer = v2024.invite(uninvited=True)
    task = submitted(answer)
    ended(completed(v2024.tasks.get_task_status_with_http_info, task.id), "SUCCESS")
    test = 'cloudStatus eq "UNREGISTERED"'
    equal("left", v2024.identities.list_identities(filters=test, default_filter="NONE"), [])

with step("v2026: the tasks, filtered by who launched them"):
    v2026 = Api(sailpoint.v2026, mine)
    equal("id", status(v2026.tasks.get_task_status_with_http_info(task.id)).id, task.id)
    for test, expected in (
        (f'id eq "{task.id}" and launcher in ("{task.launcher}")', [task.id]),
        (f'id eq "{task.id}" and launcher eq "nobody at all"', []),
        (f'id eq "{task.id}" and completionStatus isnull', []),
    ):
        equal(test, v2026.listed(test), expected)
    explained(v2026.refused("BadRequestException", lambda: v2026.listed('shoe eq "44"')))
    explained(v2026.refused("NotFoundException", lambda: v2026.tasks.get_task_status(UNKNOWN)))
    explained(v2026.refused("BadRequestException", lambda: v2026.clear(task.id)))

finish()
