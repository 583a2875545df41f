//! Processor time that processes have used.

use std::fs;

use anyhow::{Context as _, Result};

/// The kernel counts processor time in hundredths of a second (`USER_HZ`).
const TICK: f64 = 0.01;

/// Where proc(5)'s stat has the parent, the time of the process, and that of children that have ended, counted
/// from the state.
const PARENT: usize = 1;
const OWN: [usize; 2] = [11, 12];
const ENDED: [usize; 2] = [13, 14];

/// Seconds of processor time that a process has used, with all of its threads.
pub(super) fn used(process: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    ticks(&stat, OWN).map(|it| it * TICK).context("a line of /proc/PID/stat")
}

/// The same of a process and those that it started.
pub(super) fn used_by_family(parent: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{parent}/stat"))?;
    let ended = ticks(&stat, ENDED).context("a line of /proc/PID/stat")? * TICK;
    let mut sum = used(parent)? + ended;
    for entry in fs::read_dir("/proc")?.flatten() {
        // A process may end meanwhile.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if field(&stat, PARENT) == Some(f64::from(parent)) {
            sum += ticks(&stat, OWN).unwrap_or_default() * TICK;
        }
    }
    Ok(sum)
}

/// Microseconds for each of so many.
#[expect(clippy::cast_precision_loss, reason = "far less than that")]
pub(super) fn each(seconds: f64, count: u64) -> f64 {
    seconds * 1e6 / count as f64
}

/// What was spent in programs and in the kernel.
fn ticks(stat: &str, [user, kernel]: [usize; 2]) -> Option<f64> {
    Some(field(stat, user)? + field(stat, kernel)?)
}

/// A field of proc(5)'s stat, counted from the state, for the name before it may have spaces.
fn field(stat: &str, number: usize) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(number)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{ENDED, OWN, PARENT, field, ticks};

    #[test]
    fn processor_time_is_that_of_the_user_and_of_the_kernel() {
        let stat = "42 (a (b) c) S 7 1 1 0 -1 4194560 9 0 0 0 250 31 5 6 20 0 1 0 99 1 1";
        assert_eq!(ticks(stat, OWN).map(f64::round), Some(281.0));
        assert_eq!(ticks(stat, ENDED).map(f64::round), Some(11.0));
        assert_eq!(field(stat, PARENT).map(f64::round), Some(7.0));
    }
}
