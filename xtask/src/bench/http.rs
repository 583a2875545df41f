//! A client that keeps its connection, and knows nothing of HTTP beyond what usher answers.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
};

use anyhow::{Context as _, Result, ensure};

pub(super) struct Http {
    port: u16,
    stream: Option<BufReader<TcpStream>>,
}

impl Http {
    pub(super) fn to(port: u16) -> Self {
        Self { port, stream: None }
    }

    /// What is answered with 200.
    pub(super) fn read(&mut self, path: &str, header: &str) -> Result<String> {
        let (status, answer) = self.ask("GET", path, header, "")?;
        ensure!(status == 200, "{path} was answered with {status}: {answer}");
        Ok(answer)
    }

    /// The status and the body. The header is one line, which says who asks.
    pub(super) fn ask(
        &mut self,
        method: &str,
        path: &str,
        header: &str,
        body: &str,
    ) -> Result<(u16, String)> {
        let mut stream = match self.stream.take() {
            Some(it) => it,
            None => BufReader::new(TcpStream::connect(("127.0.0.1", self.port))?),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).context("no status")?.parse()?;
        let (mut length, mut is_last) = (0, false);
        loop {
            line.clear();
            stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "connection" => is_last = value.eq_ignore_ascii_case("close"),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        self.stream = (!is_last).then_some(stream);
        Ok((status, String::from_utf8(body)?))
    }
}

/// A value in the query of a request.
pub(super) fn encode(text: &str) -> String {
    text.bytes()
        .map(|it| match it {
            it if it.is_ascii_alphanumeric() => char::from(it).to_string(),
            it => format!("%{it:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn what_means_something_in_a_query_is_escaped() {
        assert_eq!(encode("a:*@b \"c\""), "a%3A%2A%40b%20%22c%22");
    }
}
