//! The envelope of every answer.

use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Json, Response},
};
use serde::Serialize;

/// What was asked for, in an envelope.
pub(super) struct Data<T>(pub T);

#[derive(Serialize)]
struct Envelope<T> {
    result: bool,
    data: T,
}

impl<T: Serialize> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        answer(StatusCode::OK, &Envelope { result: true, data: self.0 })
    }
}

pub(super) fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    (status, [(CONTENT_TYPE, "application/json; charset=utf-8")], Json(body)).into_response()
}
