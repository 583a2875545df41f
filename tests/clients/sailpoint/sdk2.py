"""SailPoint's SDK for Python, 2.x: paths with the version after the service, /identities/v1."""

import contextlib
import io
import os

from sailpoint import (
    ApiClient,
    Configuration,
    ConfigurationParams,
    IdentitiesApi,
    Paginator,
    TaskManagementApi,
)
from sailpoint.exceptions import (
    BadRequestException,
    ForbiddenException,
    NotFoundException,
    UnauthorizedException,
)
from sailpoint.identities.models import InviteIdentitiesRequest
from sailpoint.task_management.models import JsonPatchOperation, JsonPatchOperationValue

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


def configured(name, url=os.environ["SAIL_BASE_URL"], **more):
    params = ConfigurationParams()
    params.base_url = url
    params.client_id = os.environ[f"USHER_{name}_ID"]
    params.client_secret = os.environ[f"USHER_{name}_SECRET"]
    for key, value in more.items():
        setattr(params, key, value)
    return Configuration(params)


def apis(configuration):
    client = ApiClient(configuration)
    return IdentitiesApi(client), TaskManagementApi(client)


def request(**fields):
    return InviteIdentitiesRequest(**fields)


def patch(**values):
    return [
        JsonPatchOperation(op="replace", path=f"/{key}", value=JsonPatchOperationValue(value))
        for key, value in values.items()
    ]


CLEAR = patch(completionStatus="ERROR", completed="2024-05-17 19:33:16.470000+00:00")

with step("a token for the key in the environment"):
    configuration = Configuration()
    holds("no access token", configuration.access_token)
    # Spares whoever asks for experimental operations a warning in red.
    configuration.suppress_experimental_warnings = True
    identities, tasks = apis(configuration)

with step("no token for a wrong secret"):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        denied = configured("NOBODY", client_secret="wrong")
    holds(printed.getvalue(), "Unauthorized when retrieving" in printed.getvalue())
    equal("access token", denied.access_token, None)

with step("the identities, filtered, sorted and counted"):
    some = UNREGISTERED[:3]
    among = "id in ({})".format(", ".join(f'"{id}"' for id in some))
    answer = identities.list_identities_v1_with_http_info(
        filters=among, sorters="-name", default_filter="NONE", count=True, limit=2
    )
    equal("X-Total-Count", total(answer), len(some))
    equal("how many", len(answer.data), 2)
    names = [it.name for it in answer.data]
    equal("names", names, sorted(names, key=str.lower, reverse=True))
    uncounted = identities.list_identities_v1_with_http_info(filters=among)
    equal("ids", {it.id for it in uncounted.data}, set(some))
    equal("X-Total-Count", uncounted.headers.get("X-Total-Count"), None)
    none = identities.list_identities_v1_with_http_info(filters=among, count=True, limit=0)
    equal("limit 0", (none.data, total(none)), ([], len(some)))

with step("the identities, page by page"):
    paged = Paginator.paginate(
        identities.list_identities_v1, 1000, limit=2, filters=among, sorters="alias,-cloudStatus"
    )
    equal("ids", sorted(it.id for it in paged), sorted(some))

with step("an identity by its id"):
    person = identities.get_identity_v1(some[0])
    equal("id", person.id, some[0])
    equal("identityStatus", person.identity_status, "UNREGISTERED")
    holds(f"no alias or address: {person}", person.alias and person.email_address)

with step("identities by what is known of them"):
    for test in (
        f'alias eq "{person.alias}"',
        f'name eq "{person.name}"',
        f'email sw "{person.email_address[:-2].upper()}"',
        f'id eq "{UNKNOWN}" or (id eq "{person.id}" and not cloudStatus eq "ACTIVE")',
        f'id eq "{person.id}" and cloudStatus eq "UNREGISTERED"',
        f'id eq "{person.id}" and correlated eq true',
    ):
        found = identities.list_identities_v1(filters=test, default_filter="NONE")
        equal(test, [it.id for it in found], [person.id])

with step("filters and sorters of identities that do not exist are refused"):
    for test in (
        'shoe eq "44"',
        f'id gt "{some[0]}"',
        f'id EQ "{some[0]}"',
        f'name in ("{person.name}")',
        "id eq",
    ):
        explained(refused(BadRequestException, lambda: identities.list_identities_v1(filters=test)))
    explained(refused(BadRequestException, lambda: identities.list_identities_v1(sorters="shoe")))

with step("an identity that does not exist"):
    explained(refused(NotFoundException, lambda: identities.get_identity_v1(UNKNOWN)))

with step("an invitation of two is accepted"):
    first = submitted(identities.start_identities_invite_v1_with_http_info(request(ids=some[:2])))

with step("the task is through"):
    ended(completed(tasks.get_task_status_v1_with_http_info, first.id), "SUCCESS")
    for id in some[:2]:
        equal(id, identities.get_identity_v1(id).identity_status, "PENDING")

with step("an invitation with the header of experimental operations"):
    configuration.experimental = True
    task = submitted(
        identities.start_identities_invite_v1_with_http_info(
            request(ids=some[2:]), x_sail_point_experimental="true"
        )
    )
    configuration.experimental = False
    ended(completed(tasks.get_task_status_v1_with_http_info, task.id), "SUCCESS")

with step("who is invited or registered is passed over without a word"):
    ids = [*some, *REGISTERED]
    task = submitted(identities.start_identities_invite_v1_with_http_info(request(ids=ids)))
    ended(completed(tasks.get_task_status_v1_with_http_info, task.id), "SUCCESS")

with step("a task says who could not be invited"):
    ids = [UNREGISTERED[3], UNKNOWN]
    mixed = submitted(identities.start_identities_invite_v1_with_http_info(request(ids=ids)))
    ended(completed(tasks.get_task_status_v1_with_http_info, mixed.id), "WARNING", problems=1)
    ids = [UNKNOWN, "nobody"]
    bad = submitted(identities.start_identities_invite_v1_with_http_info(request(ids=ids)))
    ended(completed(tasks.get_task_status_v1_with_http_info, bad.id), "ERROR", problems=2)

with step("the tasks, filtered, sorted and counted"):
    answer = tasks.get_task_status_list_v1_with_http_info(sorters="-created", count=True, limit=2)
    equal("the newest two", [it.id for it in status(answer)], [bad.id, mixed.id])
    holds("X-Total-Count counts the page", total(answer) > 2)
    answer = tasks.get_task_status_list_v1_with_http_info(sorters="-created", limit=1, offset=1)
    equal("the second", [it.id for it in status(answer)], [mixed.id])
    equal("X-Total-Count", answer.headers.get("X-Total-Count"), None)
    three = f'("{first.id}", "{mixed.id}", "{bad.id}")'
    for test, expected in (
        (f'id eq "{first.id}"', [first]),
        (f"id in {three}", [first, mixed, bad]),
        (f'id in {three} and completionStatus eq "SUCCESS"', [first]),
        (f'id in {three} and completionStatus eq "Success"', [first]),
        (f'id in {three} and completionStatus in ("WARNING", "ERROR")', [mixed, bad]),
        (f"id in {three} and completionStatus isnull", []),
        (f'id in {three} and launcher eq "{first.launcher}"', [first, mixed, bad]),
        (f'id in {three} and launcher in ("nobody at all")', []),
        (f'id in {three} and type eq "CLOUD_ACCOUNT_AGGREGATION"', []),
        (f'id in {three} and sourceId eq "{UNKNOWN}"', []),
        ('id eq "nothing"', []),
    ):
        found = tasks.get_task_status_list_v1(filters=test, sorters="created")
        equal(test, [it.id for it in found], [it.id for it in expected])

with step("filters and sorters of tasks that do not exist are refused"):
    for test in (
        'shoe eq "44"',
        'id sw "0"',
        'completionStatus EQ "ERROR"',
        "id in ()",
        "id isnull",
    ):
        explained(
            refused(BadRequestException, lambda: tasks.get_task_status_list_v1(filters=test))
        )
    explained(refused(BadRequestException, lambda: tasks.get_task_status_list_v1(sorters="id")))

with step("a task that does not exist"):
    for id in (UNKNOWN, "nothing"):
        explained(refused(NotFoundException, lambda: tasks.get_task_status_v1(id)))
        explained(refused(NotFoundException, lambda: tasks.update_task_status_v1(id, CLEAR)))

with step("a completed task is not cleared"):
    explained(refused(BadRequestException, lambda: tasks.update_task_status_v1(first.id, CLEAR)))
    equal("status", tasks.get_task_status_v1(first.id).completion_status, "SUCCESS")

with step("whom to invite must be clear"):
    for body in (
        request(),
        request(ids=None),
        request(ids=[]),
        request(ids=[UNREGISTERED[4]], uninvited=True),
        request(ids=[f"{number:032x}" for number in range(10_001)]),
    ):
        explained(
            refused(BadRequestException, lambda: identities.start_identities_invite_v1(body))
        )
    still = identities.get_identity_v1(UNREGISTERED[4]).identity_status
    equal("identityStatus", still, "UNREGISTERED")

with step("a wrong token"):
    strangers, _ = apis(configured("NOBODY", access_token="nonsense"))
    for call in (
        lambda: strangers.list_identities_v1(),
        lambda: strangers.start_identities_invite_v1(request(ids=some)),
    ):
        unauthorized(refused(UnauthorizedException, call))

with step("a key without a user reads tasks and does no more"):
    nobodys, nobodys_tasks = apis(configured("NOBODY"))
    for call in (
        lambda: nobodys.start_identities_invite_v1(request(ids=[UNREGISTERED[4]])),
        lambda: nobodys.list_identities_v1(),
        lambda: nobodys_tasks.update_task_status_v1(first.id, CLEAR),
    ):
        explained(refused(ForbiddenException, call))
    equal("id", nobodys_tasks.get_task_status_v1(first.id).id, first.id)
    found = nobodys_tasks.get_task_status_list_v1(filters=f'id eq "{first.id}"')
    equal("ids", [it.id for it in found], [first.id])

with step("the help desk invites and watches, and clears no task"):
    helpers, helpers_tasks = apis(configured("HELPDESK"))
    body = request(ids=[UNREGISTERED[4]])
    task = submitted(helpers.start_identities_invite_v1_with_http_info(body))
    ended(completed(helpers_tasks.get_task_status_v1_with_http_info, task.id), "SUCCESS")
    explained(
        refused(ForbiddenException, lambda: helpers_tasks.update_task_status_v1(task.id, CLEAR))
    )

with step("who is reset can be invited again"):
    answer = identities.reset_identity_v1_with_http_info(REGISTERED[0])
    equal("the answer", (answer.status_code, answer.raw_data), (202, b""))
    equal(
        "identityStatus", identities.get_identity_v1(REGISTERED[0]).identity_status, "UNREGISTERED"
    )
    body = request(ids=[REGISTERED[0]])
    task = submitted(identities.start_identities_invite_v1_with_http_info(body))
    ended(completed(tasks.get_task_status_v1_with_http_info, task.id), "SUCCESS")
    equal("identityStatus", identities.get_identity_v1(REGISTERED[0]).identity_status, "PENDING")
    explained(refused(NotFoundException, lambda: identities.reset_identity_v1(UNKNOWN)))

with step("all who are uninvited are invited"):
    uninvited = identities.list_identities_v1(filters='cloudStatus eq "UNREGISTERED"')
    equal("how many", len(uninvited), len(UNREGISTERED) - 5)
    # The SDK sends null for what is said to be nothing, and no key for what is left unsaid.
    body = request(uninvited=True, ids=None)
    task = submitted(identities.start_identities_invite_v1_with_http_info(body))
    ended(completed(tasks.get_task_status_v1_with_http_info, task.id), "SUCCESS")
    equal("left", identities.list_identities_v1(filters='cloudStatus eq "UNREGISTERED"'), [])
    task = submitted(
        identities.start_identities_invite_v1_with_http_info(request(uninvited=True))
    )
    ended(completed(tasks.get_task_status_v1_with_http_info, task.id), "SUCCESS")

with step("a pending task is cleared, once"):
    idle, idle_tasks = apis(configured("IDLE", os.environ["USHER_IDLE_URL"]))
    body = request(ids=UNREGISTERED[:2])
    task = submitted(idle.start_identities_invite_v1_with_http_info(body))
    waiting = f'id eq "{task.id}" and completionStatus isnull'
    found = idle_tasks.get_task_status_list_v1(filters=waiting)
    equal("pending", [it.id for it in found], [task.id])
    answer = idle_tasks.update_task_status_v1_with_http_info(task.id, CLEAR)
    equal("HTTP status", answer.status_code, 200)
    cleared = status(answer)
    equal("completionStatus", cleared.completion_status, "ERROR")
    holds("no time of completion", cleared.completed)
    equal("pending", idle_tasks.get_task_status_list_v1(filters=waiting), [])
    kept = idle_tasks.get_task_status_v1(task.id)
    equal("completionStatus", kept.completion_status, "ERROR")
    explained(
        refused(BadRequestException, lambda: idle_tasks.update_task_status_v1(task.id, CLEAR))
    )
    equal("identityStatus", idle.get_identity_v1(UNREGISTERED[0]).identity_status, "UNREGISTERED")

finish()
