//! How a task is cancelled: by a JSON Patch (RFC 6902) that may change how and when it ended, and
//! nothing else.

use chrono::{DateTime, Datelike as _, NaiveDateTime, SubsecRound as _};
use json_patch::{Patch, PatchOperation};
use serde_json::Value;
use usher_domain::{Completion, Timestamp};

use super::{
    fault::{Fault, Result},
    fields::read_completion,
};

const COMPLETION: &str = "/completionStatus";
const COMPLETED: &str = "/completed";

/// The largest patch, in bytes.
pub(super) const MAX_BODY: usize = 16 << 10;

/// The completion that a patch sets.
#[derive(Debug, PartialEq)]
pub(super) struct Ending {
    pub how: Completion,
    /// None: now.
    pub at: Option<Timestamp>,
}

/// Applies a patch to a task as it is shown. None: it changes nothing.
pub(super) fn read(body: &[u8], task: &Value) -> Result<Option<Ending>> {
    let patch: Patch = serde_json::from_slice(body)
        .map_err(|why| Fault::bad(format!("The body must be a JSON Patch (RFC 6902): {why}")))?;
    let mut patched = task.clone();
    for (n, operation) in patch.iter().enumerate() {
        apply(&mut patched, n, operation)?;
    }
    let changed = |pointer| value(&patched, pointer) != value(task, pointer);
    if !changed(COMPLETION) && !changed(COMPLETED) {
        return Ok(None);
    }
    let how = match value(&patched, COMPLETION) {
        Value::String(text) => read_completion(text).ok_or_else(|| {
            let rule = "must be SUCCESS, WARNING, ERROR, TERMINATED or TEMPERROR";
            Fault::field(COMPLETION, rule)
        })?,
        _ => return Err(Fault::field(COMPLETION, "must be given to complete a task")),
    };
    let at = match value(&patched, COMPLETED) {
        Value::String(text) if changed(COMPLETED) => Some(time(text).ok_or_else(|| {
            Fault::field(COMPLETED, "must be a time such as 2026-01-02T12:00:00.000Z")
        })?),
        _ => None,
    };
    Ok(Some(Ending { how, at }))
}

/// Applies one operation. After each of them the two fields are a string or null, so that copying
/// one into the other cannot make the document grow.
fn apply(task: &mut Value, n: usize, operation: &PatchOperation) -> Result<()> {
    let ours = |pointer: &str| [COMPLETION, COMPLETED].contains(&pointer);
    let path = operation.path().as_str();
    let within = match operation {
        PatchOperation::Test(_) => true,
        PatchOperation::Move(it) => ours(path) && ours(it.from.as_str()),
        PatchOperation::Add(_)
        | PatchOperation::Remove(_)
        | PatchOperation::Replace(_)
        | PatchOperation::Copy(_) => ours(path),
    };
    if !within {
        let path: String = path.chars().take(100).collect();
        let rule = format!("must change {COMPLETION} and {COMPLETED} alone, not `{path}`");
        return Err(Fault::field(&format!("[{n}]"), rule));
    }
    json_patch::patch(task, std::slice::from_ref(operation))
        .map_err(|why| Fault::field(&format!("[{n}]"), format_args!("failed: {}", why.kind)))?;
    for pointer in [COMPLETION, COMPLETED] {
        if !matches!(value(task, pointer), Value::Null | Value::String(_)) {
            return Err(Fault::field(pointer, "must be a string or null"));
        }
    }
    Ok(())
}

/// A member that is missing counts as null.
fn value<'a>(task: &'a Value, pointer: &str) -> &'a Value {
    task.pointer(pointer).unwrap_or(&Value::Null)
}

/// Reads RFC 3339, and what Python and databases print: a blank for the `T`, an offset without its
/// colon, or none, which means UTC.
fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim().replacen(' ', "T", 1).to_ascii_uppercase();
    let text = match text.strip_suffix('Z') {
        Some(text) => format!("{}+00:00", text.trim_end()),
        None => text,
    };
    let moment = match DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f%z") {
        Ok(it) => it.to_utc(),
        Err(_) => NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f").ok()?.and_utc(),
    };
    (1970..=9999).contains(&moment.year()).then(|| moment.trunc_subsecs(6))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn open() -> Value {
        json!({"id": "1", "type": "QUARTZ", "completionStatus": null, "completed": null})
    }

    fn patched(patch: &Value) -> Result<Option<Ending>> {
        read(patch.to_string().as_bytes(), &open())
    }

    #[track_caller]
    fn refused(patch: &Value) -> String {
        format!("{:?}", patched(patch).unwrap_err())
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        let half_past: Timestamp = "2024-05-17T19:33:16.470Z".parse().unwrap();
        for text in [
            "2024-05-17T19:33:16.470Z",
            "2024-05-17t19:33:16.470z",
            "2024-05-17 19:33:16.470000+00:00",
            "2024-05-17 21:33:16.470000000+0200",
            "2024-05-17T19:33:16.47",
        ] {
            assert_eq!(time(text), Some(half_past), "{text}");
        }
        let whole: Timestamp = "2024-05-17T19:33:16Z".parse().unwrap();
        assert_eq!(time("2024-05-17 19:33:16"), Some(whole));
        let cut: Timestamp = "2024-05-17T19:33:16.123456Z".parse().unwrap();
        assert_eq!(time("2024-05-17T19:33:16.123456789Z"), Some(cut));
        for text in ["", "yesterday", "2024-05-17", "1715974396470", "12024-05-17T00:00:00Z"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn the_published_sample_ends_a_task() {
        let patch = json!([
            {"op": "replace", "path": "/completionStatus", "value": "Error"},
            {"op": "replace", "path": "/completed", "value": "2024-05-17 19:33:16.470000+00:00"},
        ]);
        let at = Some("2024-05-17T19:33:16.470Z".parse().unwrap());
        assert_eq!(patched(&patch).unwrap(), Some(Ending { how: Completion::Error, at }));
    }

    #[test]
    fn each_operation_does_what_it_says() {
        let at = "2024-05-17T19:33:16Z";
        let ended = |patch| patched(&patch).unwrap().map(|it| (it.how, it.at.is_some()));
        let terminated = Some((Completion::Terminated, false));
        let add = json!({"op": "add", "path": "/completionStatus", "value": "terminated"});
        assert_eq!(ended(json!([add])), terminated);
        let test = json!({"op": "test", "path": "/type", "value": "QUARTZ"});
        assert_eq!(ended(json!([test, add])), terminated);
        let moved = json!({"op": "move", "from": "/completed", "path": "/completionStatus"});
        let value = json!({"op": "add", "path": "/completed", "value": "SUCCESS"});
        assert_eq!(ended(json!([value, moved])), Some((Completion::Success, false)));
        let copied = json!({"op": "copy", "from": "/completionStatus", "path": "/completed"});
        let late = json!({"op": "replace", "path": "/completed", "value": at});
        assert_eq!(ended(json!([add, copied, late])), Some((Completion::Terminated, true)));
        let removed = json!({"op": "remove", "path": "/completionStatus"});
        for nothing in [json!([]), json!([test]), json!([add, removed]), json!([removed])] {
            assert_eq!(ended(nothing), None);
        }
    }

    #[test]
    fn fields_that_cannot_be_changed_stay() {
        for (patch, why) in [
            (json!([{"op": "replace", "path": "/id", "value": "2"}]), "not `/id`"),
            (json!([{"op": "remove", "path": "/type"}]), "not `/type`"),
            (json!([{"op": "add", "path": "", "value": {}}]), "not ``"),
            (json!([{"op": "add", "path": "/completed/x", "value": 1}]), "not `/completed/x`"),
            (json!([{"op": "copy", "from": "/type", "path": "/id"}]), "not `/id`"),
            (json!([{"op": "move", "from": "/type", "path": "/completed"}]), "[0]"),
            (json!([{"op": "copy", "from": "", "path": "/completed"}]), "a string or null"),
            (json!([{"op": "test", "path": "/type", "value": "QPOC"}]), "did not match"),
            (json!([{"op": "test", "path": "/nothing", "value": 1}]), "failed"),
            (json!([{"op": "add", "path": "/completionStatus", "value": 1}]), "a string or null"),
            (json!([{"op": "add", "path": "/completionStatus", "value": "DONE"}]), "TEMPERROR"),
            (
                json!([{"op": "add", "path": "/completed", "value": "2026-01-02T12:00:00Z"}]),
                "given",
            ),
            (json!([{"op": "turn", "path": "/completed"}]), "RFC 6902"),
            (json!([{"op": "add", "path": "completed", "value": "x"}]), "RFC 6902"),
            (json!({"completionStatus": "ERROR"}), "RFC 6902"),
        ] {
            let text = refused(&patch);
            assert!(text.contains(why), "{text}");
        }
        let late = json!([
            {"op": "add", "path": "/completionStatus", "value": "ERROR"},
            {"op": "add", "path": "/completed", "value": "yesterday"},
        ]);
        assert!(refused(&late).contains("a time such as"));
    }
}
