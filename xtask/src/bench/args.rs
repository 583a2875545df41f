//! What a run of the benchmarks is asked for.

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How long each measure takes.
    #[arg(long, default_value_t = 5)]
    pub(super) seconds: u32,
    /// How often each is taken; the median counts.
    #[arg(long, default_value_t = 3)]
    pub(super) rounds: u32,
    /// How many letters are mailed.
    #[arg(long, default_value_t = 20_000)]
    pub(super) letters: u32,
}
