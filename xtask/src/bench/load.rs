//! Load by wrk.

use std::{
    fs,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use xshell::Shell;

/// What a script asks for, and how much of it at once.
pub(super) struct Wrk<'a> {
    pub(super) script: &'a str,
    pub(super) variables: &'a [(&'a str, &'a str)],
    pub(super) connections: u32,
    /// How many rows each request has, where that is what is counted.
    pub(super) rows: u32,
}

impl Wrk<'_> {
    pub(super) fn start(&self, sh: &Shell, port: u16, seconds: u32) -> Result<Running> {
        let child = Command::new("wrk")
            .current_dir(sh.current_dir())
            .envs(self.variables.iter().copied())
            .args(["-t1", "--latency", "-s", self.script])
            .args([format!("-c{}", self.connections), format!("-d{seconds}s")])
            .arg(format!("http://127.0.0.1:{port}"))
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(Running(Some(child)))
    }
}

/// It goes on until its time is up, or until it is dropped.
pub(super) struct Running(Option<Child>);

impl Running {
    pub(super) fn finish(mut self) -> Result<Report> {
        let output = self.0.take().context("wrk")?.wait_with_output()?;
        let report = String::from_utf8(output.stdout)?;
        ensure!(output.status.success(), "wrk failed:\n{report}");
        Report::read(&report)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What wrk says of it.
pub(super) struct Report {
    /// Requests a second.
    pub(super) rate: f64,
    /// Milliseconds.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// How many were answered.
    pub(super) requests: u64,
}

impl Report {
    fn read(text: &str) -> Result<Self> {
        ensure!(!text.contains("Non-2xx"), "not every request was answered:\n{text}");
        let figure = |name: &str| {
            let line = text.lines().find(|it| it.trim_start().starts_with(name));
            line.and_then(|it| it.split_whitespace().last().map(str::to_owned)).context("wrk")
        };
        let requests = text.lines().find(|it| it.contains(" requests in ")).context("wrk")?;
        Ok(Self {
            requests: requests.split_whitespace().next().context("wrk")?.parse()?,
            rate: figure("Requests/sec")?.parse()?,
            p50: milliseconds(&figure("50%")?)?,
            p99: milliseconds(&figure("99%")?)?,
        })
    }
}

/// What no run before had: addresses must be new.
pub(super) fn unique() -> String {
    fs::read_to_string("/proc/sys/kernel/random/uuid").unwrap_or_default().replace(['-', '\n'], "")
}

/// wrk's `1.23ms`, `456.00us` or `1.2s`.
fn milliseconds(text: &str) -> Result<f64> {
    let unit = text.trim_start_matches(|it: char| it.is_ascii_digit() || it == '.');
    let figure: f64 = text.strip_suffix(unit).context("a figure")?.parse()?;
    Ok(match unit {
        "us" => figure / 1e3,
        "ms" => figure,
        _ => figure * 1e3,
    })
}

#[cfg(test)]
mod tests {
    use super::{Report, milliseconds};

    #[test]
    fn wrks_times_are_read_in_every_unit() {
        let read = |text| format!("{:.3}", milliseconds(text).unwrap());
        assert_eq!(
            [read("456.00us"), read("1.23ms"), read("1.2s")],
            ["0.456", "1.230", "1200.000"]
        );
    }

    #[test]
    fn a_report_with_requests_that_failed_is_no_measure() {
        let report = "  Latency Distribution\n     50%    1.50ms\n     75%    1.60ms\n     99%    3.00ms\n  \
            300 requests in 1.00s, 0.1MB read\nRequests/sec:    299.50\n";
        let read = Report::read(report).unwrap();
        assert_eq!(read.requests, 300);
        assert_eq!(format!("{:.1} {:.1} {:.1}", read.rate, read.p50, read.p99), "299.5 1.5 3.0");
        assert!(Report::read(&format!("{report}  Non-2xx or 3xx responses: 1\n")).is_err());
    }
}
