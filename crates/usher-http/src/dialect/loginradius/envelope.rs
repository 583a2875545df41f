//! The answers to every list and every deletion.

use axum::response::Json;
use serde::Serialize;

/// A list, as all lists are answered.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Data<T> {
    data: Vec<T>,
}

pub(super) fn data<T>(all: impl IntoIterator<Item = T>) -> Json<Data<T>> {
    Json(Data { data: all.into_iter().collect() })
}

/// That something was deleted.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Deleted {
    is_deleted: bool,
}

pub(super) const DELETED: Json<Deleted> = Json(Deleted { is_deleted: true });
