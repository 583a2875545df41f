//! Load by wrk, and the processor time that it costs whoever answers.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use xshell::{Shell, cmd};

/// The kernel counts processor time in hundredths of a second (`USER_HZ`).
const TICK: f64 = 0.01;

pub(super) struct Load {
    /// Requests a second.
    pub(super) rate: f64,
    /// Milliseconds.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// How many were answered.
    pub(super) requests: u64,
    /// Microseconds of processor time that the server took for each.
    pub(super) cpu: f64,
}

/// What a script of wrk asks for, of the server with this process id on this port.
pub(super) fn wrk(
    sh: &Shell,
    port: u16,
    server: u32,
    script: &str,
    connections: u32,
    seconds: u32,
) -> Result<Load> {
    let (address, connections, time) =
        (format!("http://127.0.0.1:{port}"), connections.to_string(), format!("{seconds}s"));
    let before = used(server)?;
    let report = cmd!(sh, "wrk -t1 -c{connections} -d{time} --latency -s {script} {address}")
        .quiet()
        .read()?;
    let after = used(server)?;
    ensure!(!report.contains("Non-2xx"), "not every request was answered:\n{report}");
    let figure = |name: &str| {
        let line = report.lines().find(|it| it.trim_start().starts_with(name));
        line.and_then(|it| it.split_whitespace().last().map(str::to_owned)).context("wrk")
    };
    let requests = report.lines().find(|it| it.contains(" requests in ")).context("wrk")?;
    let requests = requests.split_whitespace().next().context("wrk")?.parse()?;
    Ok(Load {
        requests,
        rate: figure("Requests/sec")?.parse()?,
        p50: milliseconds(&figure("50%")?)?,
        p99: milliseconds(&figure("99%")?)?,
        cpu: each(after - before, requests),
    })
}

/// Seconds of processor time that a process has used, with all of its threads.
pub(super) fn used(process: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    ticks(&stat).map(|it| it * TICK).context("a line of /proc/PID/stat")
}

/// The same of a process and those that it started and that still run.
pub(super) fn used_by_family(parent: u32) -> Result<f64> {
    let mut sum = used(parent)?;
    for entry in fs::read_dir("/proc")?.flatten() {
        // A process may end meanwhile.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if field(&stat, 1) == Some(f64::from(parent)) {
            sum += ticks(&stat).unwrap_or_default() * TICK;
        }
    }
    Ok(sum)
}

/// Microseconds for each request.
#[expect(clippy::cast_precision_loss, reason = "far less than that")]
pub(super) fn each(seconds: f64, requests: u64) -> f64 {
    seconds * 1e6 / requests as f64
}

fn ticks(stat: &str) -> Option<f64> {
    Some(field(stat, 11)? + field(stat, 12)?)
}

/// A field of proc(5)'s stat, counted from the state, for the name before it may have spaces.
fn field(stat: &str, number: usize) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(number)?.parse().ok()
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
    use super::{field, milliseconds, ticks};

    #[test]
    fn wrks_times_are_read_in_every_unit() {
        let read = |text| format!("{:.3}", milliseconds(text).unwrap());
        assert_eq!(
            [read("456.00us"), read("1.23ms"), read("1.2s")],
            ["0.456", "1.230", "1200.000"]
        );
    }

    #[test]
    fn processor_time_is_that_of_the_user_and_of_the_kernel() {
        let stat = "42 (a (b) c) S 7 1 1 0 -1 4194560 9 0 0 0 250 31 5 6 20 0 1 0 99 1 1";
        assert_eq!(ticks(stat).map(f64::round), Some(281.0));
        assert_eq!(field(stat, 1).map(f64::round), Some(7.0), "the parent");
    }
}
