//! What the machine is that it all ran on.

use std::{fs, thread};

use anyhow::Result;
use xshell::{Shell, cmd};

/// The processor, memory and versions, as one paragraph.
pub(super) fn describe(sh: &Shell) -> Result<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let cpu = cpu.lines().find_map(|it| it.strip_prefix("model name")).unwrap_or("unknown");
    let cores = thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo")?;
    let memory = memory.lines().next().and_then(|it| it.split_whitespace().nth(1));
    let gigabytes = memory.unwrap_or("0").parse::<u64>()? / 1_000_000;
    let kernel = cmd!(sh, "uname -r").quiet().read()?;
    let postgres = cmd!(sh, "psql --version").quiet().read()?;
    let rust = cmd!(sh, "rustc --version").quiet().read()?;
    let day = cmd!(sh, "date --utc +%F").quiet().read()?;
    let commit = cmd!(sh, "git rev-parse --short HEAD").quiet().read()?;
    let cpu = cpu.trim_start_matches([' ', '\t', ':']);
    Ok(format!(
        "{day}, commit {commit}: {cores} cores ({cpu}), {gigabytes} GB, Linux {kernel}, {postgres}, {rust}.\n"
    ))
}
