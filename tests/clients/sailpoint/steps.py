"""What the Python programs share: steps that are told one by one, and what every answer must be."""

import contextlib
import json
import os
import sys
import time
import traceback
import warnings

# To the SDK a word that the API does not know is only worth a warning.
warnings.filterwarnings("error", message="must be one of enum values")

UNREGISTERED = os.environ["USHER_UNREGISTERED"].split(",")
REGISTERED = os.environ["USHER_REGISTERED"].split(",")
# As long as a real one, and nobody's.
UNKNOWN = "00eebcf881994e419d72e757fd30dc0e"

# SDKs in other languages refuse a status without any of them, even where it may be null.
STATUS_KEYS = {
    "id", "type", "uniqueName", "description", "parentName", "launcher", "created", "modified",
    "launched", "completed", "completionStatus", "messages", "returns", "attributes", "progress",
    "percentComplete",
}  # fmt: skip

_passed = 0


class Violated(Exception):
    """An expectation that does not hold."""


@contextlib.contextmanager
def step(name):
    global _passed
    try:
        yield
    except Exception as error:
        if not isinstance(error, Violated):
            traceback.print_exc()
        print(f"FAILED {name}: {error}", file=sys.stderr)
        print(f"{_passed} passed, 1 failed")
        sys.exit(1)
    _passed += 1
    print(f"ok {name}", flush=True)


def finish():
    print(f"{_passed} passed, 0 failed")


def equal(what, actual, expected):
    if actual != expected:
        raise Violated(f"{what}: {actual!r} instead of {expected!r}")


def holds(what, truth):
    if not truth:
        raise Violated(what)


def refused(kind, call):
    """The typed exception that the call must end in."""
    try:
        answer = call()
    except kind as refusal:
        return refusal
    raise Violated(f"no {kind.__name__}, but {answer!r}")


def explained(refusal):
    """A refusal of the API says what is wrong, and what to ask about it."""
    told = json.loads(refusal.body)
    code = told["detailCode"]
    holds(f"detailCode is {code!r} of {refusal.status}", code.startswith(str(refusal.status)))
    holds(f"nothing is said: {refusal.body}", told["messages"][0]["text"])
    equal("Slpt-Request-Id", refusal.headers.get("Slpt-Request-Id"), told["trackingId"])
    # The specification gives some of them no schema.
    if refusal.data is not None:
        equal("trackingId", refusal.data.tracking_id, told["trackingId"])


def unauthorized(refusal):
    """The one refusal in another shape; some of the SDK's models expect a third and drop it."""
    error = json.loads(refusal.body).get("error")
    holds(f"no word of the token: {refusal.body}", isinstance(error, str) and error)


def status(answer):
    """A task status as it stands on the wire, beyond what the SDK insists on."""
    sent = json.loads(answer.raw_data)
    for task in sent if isinstance(sent, list) else [sent]:
        equal("missing keys", STATUS_KEYS - task.keys(), set())
        equal("type", task["type"], "QUARTZ")
        holds(f"modified is null: {task}", task["modified"])
    return answer.data


def submitted(answer):
    """A task that was just accepted."""
    equal("HTTP status", answer.status_code, 202)
    task = status(answer)
    holds(f"not a new task: {task}", task.completion_status is None and task.completed is None)
    holds(f"no launcher: {task}", task.launcher)
    return task


def completed(ask, id):
    """Asks until the task is through, as real clients do."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        task = status(ask(id))
        equal("id", task.id, id)
        if task.completion_status is not None:
            holds(f"no time of completion: {task}", task.completed)
            holds(f"no time of launch: {task}", task.launched)
            equal("percentComplete", task.percent_complete, 100)
            return task
        time.sleep(0.1)
    raise Violated(f"task {id} is not through after a minute: {task}")


def ended(task, how, problems=0):
    """How a task ended, with one message for each row that something was wrong with."""
    equal("completionStatus", (task.completion_status, len(task.messages)), (how, problems))
    for message in task.messages:
        equal("type of a message", message.type, "ERROR")
        holds(f"a message without a key: {message}", message.key)


def total(answer):
    count = answer.headers.get("X-Total-Count")
    holds("there is no X-Total-Count", count is not None)
    return int(count)
