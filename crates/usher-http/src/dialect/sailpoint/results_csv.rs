//! The result of each row of a task, as a CSV file to download.

use std::{io, sync::Arc};

use axum::{
    body::{Body, Bytes},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use csv::{Terminator, WriterBuilder};
use futures_util::{StreamExt as _, stream};
use usher_application::{RowResult, Usher};
use usher_domain::{Caller, Task};

use super::fault::{Fault, Result, log_store_error};

/// The file, read from the store and sent part by part, however long it is.
pub(super) async fn response(usher: Arc<Usher>, caller: Caller, task: Task) -> Result<Response> {
    let first = usher.tasks.read.results(&caller, &task, 0).await?;
    let header = RowResult::HEADER.map(str::to_owned);
    let rows = first.rows.iter().map(RowResult::cells);
    let begin =
        written(std::iter::once(header).chain(rows)).map_err(|_| Fault::internal_error())?;
    let name = format!("attachment; filename=\"task-{}.csv\"", task.id);
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)];
    let rest = stream::try_unfold(first.next, move |from| {
        let (usher, caller, task) = (usher.clone(), caller.clone(), task.clone());
        async move {
            let Some(from) = from else { return Ok(None) };
            let part = usher.tasks.read.results(&caller, &task, from).await.map_err(|error| {
                log_store_error(&error);
                io::Error::other("the store failed")
            })?;
            let rows = written(part.rows.iter().map(RowResult::cells))?;
            Ok(Some((rows, part.next)))
        }
    });
    let all = stream::iter([io::Result::Ok(begin)]).chain(rest);
    Ok((headers, Body::from_stream(all)).into_response())
}

fn written(rows: impl Iterator<Item = [String; 5]>) -> io::Result<Bytes> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map(Bytes::from).map_err(csv::IntoInnerError::into_error)
}
