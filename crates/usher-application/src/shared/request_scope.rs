//! What is known of the request that a use case is part of: where it comes from, and who calls.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use usher_domain::{Actor, Caller, UserId};

tokio::task_local! {
    static REQUEST: Request;
}

/// A request. There is none around what usher or a command does by itself.
struct Request {
    source: Option<Arc<str>>,
    span: tracing::Span,
    caller: RefCell<Option<Caller>>,
    is_noted: Cell<bool>,
}

/// What became known of a request until it was answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestFacts {
    /// Who called. Nobody if the request showed no key, or one that is not good.
    pub caller: Option<Caller>,
    /// Whether the audit has been told of a refusal already.
    pub is_noted: bool,
}

/// Runs a request. Entries of the audit about what is refused meanwhile name its source; none if the
/// operator wants none. The caller goes into the field `caller` of the current span.
pub async fn within_request<T>(
    source: Option<Arc<str>>,
    request: impl Future<Output = T>,
) -> (T, RequestFacts) {
    let span = tracing::Span::current();
    let scope = Request { source, span, caller: RefCell::default(), is_noted: Cell::default() };
    let scoped = async {
        let answer = request.await;
        let facts = |it: &Request| RequestFacts {
            caller: it.caller.borrow().clone(),
            is_noted: it.is_noted.get(),
        };
        (answer, REQUEST.with(facts))
    };
    REQUEST.scope(scope, scoped).await
}

/// Where the request comes from, as far as the audit may know.
pub(crate) fn source() -> Option<Arc<str>> {
    REQUEST.try_with(|it| it.source.clone()).ok().flatten()
}

/// The audit was told of a refusal in this request.
pub(crate) fn noted() {
    let _ = REQUEST.try_with(|it| it.is_noted.set(true));
}

/// Whoever sent the request is signed in as this user.
pub(crate) fn signed_in(user: &UserId) {
    let _ = REQUEST.try_with(|it| {
        it.span.record("caller", tracing::field::display(Actor::User(user.clone())));
    });
}

/// Whoever calls is this one or, if what they showed is not good, nobody.
pub(crate) fn called_by(caller: Option<&Caller>) {
    let _ = REQUEST.try_with(|it| {
        if let Some(caller) = caller {
            it.span.record("caller", tracing::field::display(&caller.actor));
        }
        it.caller.replace(caller.cloned());
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::caller;

    #[tokio::test]
    async fn a_request_is_known_within_it_alone() {
        let request = async {
            called_by(Some(&caller()));
            source()
        };
        let (seen, facts) = within_request(Some("192.0.2.0/24".into()), request).await;
        assert_eq!(seen.as_deref(), Some("192.0.2.0/24"));
        assert_eq!(facts, RequestFacts { caller: Some(caller()), is_noted: false });
        noted();
        assert_eq!(source(), None);
        let refused = async {
            called_by(Some(&caller()));
            called_by(None);
            noted();
        };
        let ((), facts) = within_request(None, refused).await;
        assert_eq!(facts, RequestFacts { caller: None, is_noted: true });
    }
}
