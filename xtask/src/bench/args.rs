//! What a run of the benchmarks is asked for.

use std::path::PathBuf;

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
    /// The crate of a bare server, to measure beside usher: the folder is named as its program.
    #[arg(long)]
    pub(super) bare: Option<PathBuf>,
    /// Takes these measures alone, and prints the page instead of writing it.
    #[arg(long, value_delimiter = ',')]
    pub(super) only: Vec<Measure>,
}

impl Args {
    pub(super) fn takes(&self, measure: Measure) -> bool {
        self.only.is_empty() || self.only.contains(&measure)
    }
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Measure {
    Invitations,
    Letters,
    Members,
    Tasks,
    SignIns,
}

impl Measure {
    pub(super) const ALL: [Self; 5] =
        [Self::Invitations, Self::Letters, Self::Members, Self::Tasks, Self::SignIns];
}
