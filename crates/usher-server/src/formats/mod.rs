//! The file formats that commands read and write.

mod csv_reader;
mod fields;
pub(crate) mod invite_csv;
pub(crate) mod json_lines;
mod lines;
