//! What a run of the benchmarks is asked for.

use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How long each measure takes.
    #[arg(long, default_value_t = 5)]
    pub(super) seconds: u32,
    /// How often each is taken; the median counts. Growth is measured once.
    #[arg(long, default_value_t = 3)]
    pub(super) rounds: u32,
    /// How many letters are mailed.
    #[arg(long, default_value_t = 20_000)]
    pub(super) letters: u32,
    /// How many invitations there are in the larger of the two databases that are compared.
    #[arg(long, value_name = "ROWS", default_value_t = 10_000_000)]
    pub(super) growth: u32,
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

    /// Whether one of these is measured.
    pub(super) fn takes_any(&self, measures: &[Measure]) -> bool {
        measures.iter().any(|it| self.takes(*it))
    }
}

/// What is measured, in the order of the page.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Measure {
    Invitations,
    Letters,
    Members,
    Tasks,
    SignIns,
    Nodes,
    Growth,
}

impl Measure {
    pub(super) const ALL: [Self; 7] = [
        Self::Invitations,
        Self::Letters,
        Self::Members,
        Self::Tasks,
        Self::SignIns,
        Self::Nodes,
        Self::Growth,
    ];
}
